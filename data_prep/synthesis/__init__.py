"""Sound that is computed: notes, calls in a forest, speech; drawn from streams that names seed."""
