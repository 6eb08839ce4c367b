"""The clerk's program: a page on her own machine, for her alone.

    access     who may ask: one browser, by a one-time token and a cookie; Host and Origin
    presence   whether a page is still open
    place      the folder that holds her forms, packages and backups; nothing there is replaced
    documents  files that pages name by a key, and their results
    corrections  what was corrected and is not yet written into a form
    desk       what the pages share, and what workers do for them
    handing    whatever is dropped: recognised and answered
    forms      a new form: blank, of last year, from a list of people
    checking   the check that follows each save, and correcting on the page
    keeping    packages, backups
    viewing    the first page, statistics, print, look up, help
    app        routes and pages for exceptions
    running    the one that runs is found again; how it is served

It is built from the portal's parts (layout, styles, results, `correcting`, `guard`), needs no
network and no account. Outside files are parsed by a worker process; the secret of an identity file
stays in this one.
"""
