"""What the converter takes in time and memory, measured beside its peers in the same run.

    python -m benchmarks --quick     a minute, to see that nothing went wrong
    python -m benchmarks             all of it; writes results.json, the page and its pictures

`inputs` makes the files, `subjects` are the programs compared, `cases` say what is compared with
what and what is claimed of it, `measuring` runs each measurement in a process of its own.
"""
