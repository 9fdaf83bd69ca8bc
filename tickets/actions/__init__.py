"""Every write to a ticket, grouped by what people say. One verb, one body: browser, API, mail and rules call these."""
