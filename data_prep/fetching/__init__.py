"""Archives of the public: fetched against their checksum, unpacked within their folder."""
