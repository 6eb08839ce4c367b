"""The self-service pages: a unit fetches its identity file, checks its workbook in the browser and
submits it; the officer sees how the collection goes. An extra: `pip install 'converter[portal]'`.

    settings     what a portal is told                 state      what it remembers (SQLite)
    sessions     signed cookies, CSRF tokens           attempts   growing delays
    captchas     pictures to be read once              units      who may fetch what
    desk         workers, a fair queue before them     judging    one upload → a verdict
    results      verdicts kept for minutes             spool      into the inbox
    guard        limits, headers, log of requests      pages      templates
    clerk, checking, officer   the pages               app, server   routes; how it runs

It reads what others wrote (ledger, hashes of passwords, identity files, the published register,
receipts) and writes only its own state and the inbox. The union's keys never enter it, and
outside files are parsed by workers alone.
"""
