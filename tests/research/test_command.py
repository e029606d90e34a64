"""The head of commands: help, mistakes, what the system refuses, exit codes."""

import os
import subprocess
import sys
from typing import Any

import pytest
from absl import flags

from data_prep.errors import PrepError
from research import command, compare, dashboard, report, reproduce, tables
from research.errors import UserError
from research.runs import RunError

COMMANDS = {
    'compare': compare,
    'dashboard': dashboard,
    'report': report,
    'reproduce': reproduce,
    'tables': tables,
}


def ended(error: Exception, **given) -> int:
    def body(places, asked):
        raise error

    return command.run(['some', 'place'], 'Usage.\n', command.own(), body, **given)


def called(name: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-m', f'research.{name}', '--help'],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {'PYTHONPATH': os.getcwd()},
    )


@pytest.mark.parametrize('name', COMMANDS)
def test_help_has_the_usage_and_all_flags_under_one_heading(name: str):
    done = called(name)
    assert (done.returncode, done.stderr) == (0, '')
    usage, heading, rest = done.stdout.partition('\nflags:\n')
    assert f'python -m research.{name}' in usage
    assert heading
    lines = [line for line in rest.splitlines() if line.strip()]
    assert [line for line in lines if not line.startswith('  ')] == []
    told = {line.strip().partition(':')[0] for line in lines}
    assert {'--[no]help', '--runs_dir'} < told


@pytest.mark.parametrize('name', COMMANDS)
def test_an_unknown_flag_is_a_mistake_told_in_one_line(name: str, capsys):
    assert COMMANDS[name].main([name, '--runs_dri=x']) == 2
    out, err = capsys.readouterr()
    assert (out, err.count('\n')) == ('', 1)
    assert err.startswith("error: Unknown command line flag 'runs_dri'")
    assert 'runs_dir' in err.removeprefix("error: Unknown command line flag 'runs_dri'")


@pytest.mark.parametrize('name', COMMANDS)
def test_standard_output_that_takes_nothing_is_told_in_one_line(name: str):
    with open('/dev/full', 'w') as full:
        done = called(name, full)
    assert done.returncode == 2
    assert done.stderr == 'error: the system refused: No space left on device\n'


@pytest.mark.parametrize(
    ('error', 'told'),
    [
        (UserError('no such run'), 'no such run'),
        (RunError('two\nlines'), 'two lines'),
        (PrepError('no corpus'), 'no corpus'),
        (flags.Error('no flag'), 'no flag'),
        (PermissionError(13, 'Permission denied', 'x.json'), 'x.json cannot be used (Perm'),
        (OSError(12, 'Cannot allocate memory'), 'the system refused: Cannot allocate memory'),
    ],
)
def test_mistakes_end_with_two_and_one_line(error: Exception, told: str, capsys):
    assert ended(error) == 2
    err = capsys.readouterr().err
    assert err.startswith(f'error: {told}')
    assert err.count('\n') == 1


def test_failures_end_with_one_and_faults_of_the_program_are_not_hidden(capsys):
    assert ended(RunError('it failed'), failures=(RunError,)) == 1
    assert capsys.readouterr().err == 'error: it failed\n'
    with pytest.raises(ZeroDivisionError):
        ended(ZeroDivisionError())


def test_the_body_has_places_and_flags_and_gives_the_exit_code():
    def body(places, asked):
        seen.append((places, asked.runs_dir))
        return 3

    seen = []
    asked = command.own()
    assert command.run(['some', 'one', '--runs_dir=there', 'two'], '', asked, body) == 3
    assert seen == [(['one', 'two'], 'there')]
