"""The self-service pages: a unit fetches its identity file, checks its workbook in the browser and
submits it; the officer sees the progress. `desk/` is the clerk's own page, made of the same parts.

    settings     folders and limits                    state        what it remembers (SQLite)
    sessions     signed cookies, CSRF tokens           attempts     wrong passwords, who waits
    units        who may sign in                       visitor      whose share something counts to
    capacity     room for uploads, in shares           fair_queue   the queue before the workers
    upload_check one upload and its result             results      results kept for minutes
    upload_names names of files, made harmless         spool        into the inbox
    guard        limits, headers, log of requests      pages        templates
    connections  how many, and how long                server       how it runs
    clerk, check_page, officer   the pages             app          routes, pages for exceptions

It reads the ledger, hashes of passwords, identity files, the published register and receipts,
and writes only its own state and the inbox. The union's private keys never enter it, and outside
files are parsed by workers alone.
"""
