"""What is asked of the demo desk, and what it answers. Plain text; the replay gives it people and times."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of request. `fix` is the resolution's text; `ask` what the agent asks first, if anything."""

    site: str
    component: str
    subject: str
    body: str
    impact: str
    urgency: str
    fix: str
    ask: str = ""
    answer: str = ""
    note: str = ""
    code: str = "fixed"
    kind: str = "incident"
    channel: str = "form"


STORIES = [
    Story("shop", "Checkout", "Payment declined although the card works elsewhere",
          "Three customers told us that their **payment** was declined at the last step. The same cards work in other shops.\n\nIt started this morning.",
          "medium", "high", "The payment provider had rejected our new server address. It is on their list now, and test payments pass.",
          "Could you send us the time and the last four digits of one declined payment?", "10:42 today, card ending 0042.",
          "Provider log shows `address_not_allowed` since last night's move."),
    Story("shop", "Search", "Search finds nothing for “blue jacket”",
          "Searching for *blue jacket* gives no results, but we have eleven of them.", "medium", "medium",
          "The search index had stopped at midnight. We rebuilt it and added a check that warns us when it falls behind.",
          note="Index lag 9 h. Rebuild takes 20 min."),
    Story("shop", "Product pages", "Pictures on product pages load slowly", "Pages take about eight seconds until the pictures show. Text is there at once.",
          "medium", "low", "Large originals were served instead of the small versions. The cache has been purged.", "Which browser do you use, and from which country?",
          "Firefox, from Portugal."),
    Story("portal", "Sign-in", "Two-factor codes are not accepted", "I changed my phone and now I cannot log in: the two-factor code is always wrong.",
          "low", "high", "We reset your second factor after checking who you are. Please set it up again at your next sign-in.",
          "Please tell us the last invoice number, so that we know it is you.", "INV-DEMO-1182.", code="answered", kind="request"),
    Story("portal", "Invoices", "Invoice shows the wrong address", "The last invoice still shows our old address. Can you send a corrected one?",
          "low", "medium", "The corrected invoice is in your portal. New invoices use the new address.", kind="request", channel="phone"),
    Story("portal", "Reports", "Monthly report has no data for the last week", "Our monthly report stops on the 22nd. The days after that are empty.",
          "medium", "medium", "A nightly job had failed silently. The missing days were computed again.", note="Job `report-daily` stuck on a lock. Follow-up with infrastructure."),
    Story("booking", "Calendar", "Customers can book a slot that is taken", "Two customers got the same slot on Saturday at 10:00. That must not happen.",
          "high", "medium", "A race between two bookings is closed: the second one now gets a clear message. We looked for other double bookings and found none."),
    Story("booking", "Confirmation mails", "Confirmation mails arrive an hour late", "Guests call us because their confirmation has not come. It arrives, but about an hour later.",
          "medium", "high", "The mail queue was held up by a bounce storm. It is empty again, and mails leave within seconds.", note="Queue depth was 14,000."),
    Story("booking", "Payment", "Refund was charged twice", "We refunded one guest and she was charged a second time instead.", "low", "high",
          "The second charge was reversed today. A fix makes sure that a repeated click is ignored.", "What is the booking number?", "BK-DEMO-77120."),
    Story("magazine", "Newsletter", "Unsubscribe link leads to an error page", "Readers complain that the unsubscribe link shows an error 404.",
          "medium", "medium", "The link works again, and everybody who clicked it meanwhile has been unsubscribed."),
    Story("magazine", "Articles", "Cannot publish: the editor says “conflict”", "When I press publish the editor says conflict and my changes are gone from the preview.",
          "low", "medium", "Two tabs had the same article open. Your text was safe in the history; it is published now.", code="answered"),
    Story("magazine", "Comments", "Spam in the comments under the cover story", "About two hundred spam comments since last night, all with the same link.", "medium", "low",
          "The comments are gone and the sender is blocked. The filter learned the pattern.", code="workaround"),
    Story("api", "Orders", "Orders endpoint answers 429 during the nightly import", "Our import gets 429 after about 1,000 orders, although we stay below the documented rate limit.",
          "medium", "medium", "The limit counted retries twice. That is corrected, and your import ran through last night.", "Could you send the request ids of two refused calls?", "req_demo_81, req_demo_82."),
    Story("api", "Webhooks", "Webhook signature does not match the documentation", "The documentation says HMAC over the raw body, but the signature only matches when we strip whitespace.",
          "low", "low", "The documentation was right and the service was not. Both agree now; the old form stays valid for 30 days.", kind="incident"),
    Story("api", "Webhooks", "Suspicious calls with our old API key", "We see calls in the log with a key that we revoked last month. Has it leaked?", "medium", "high",
          "The revoked key was refused each time; nobody got in. The calls came from a forgotten test machine of yours.", note="All answered 401. Source is in their own range."),
    Story("shop", "Account", "Please add a second administrator", "Could you give Bea the administrator role for our shop?", "low", "low",
          "Done. Bea has the role from today.", code="answered", kind="request"),
    Story("portal", "Sign-in", "Password reset mail never arrives", "I asked for a new password three times and nothing came. Not in spam either.", "low", "high",
          "Your mail server had refused our messages. We sent the link from another address and told your administrator.", "Which address did you use?", "This one.", code="workaround"),
    Story("shop", "Checkout", "Voucher code gives a discount twice", "A customer used SPRING and got 20 % instead of 10 %.", "medium", "medium",
          "A voucher now counts once per order. Eleven orders were affected; the list is attached to your report."),
    Story("magazine", "Articles", "Export to PDF drops accented letters", "In the PDF of an article all é and ö are missing.", "low", "low",
          "The PDF font now contains those letters.", code="fixed"),
    Story("booking", "Calendar", "Times are one hour off after the clock change", "All times in the calendar are one hour late since Sunday.", "high", "medium",
          "Times follow the local clock again. Nothing that was booked has moved."),
]  # fmt: skip

# (alert name, component, severity, summary) of what the demo monitoring reports.
ALERTS = [
    ("CheckoutErrorRateHigh", "Checkout", "critical", "Checkout answers 5xx on more than 5 % of requests"),
    ("CertificateExpiresSoon", "Account", "warning", "The certificate of shop.example expires in 12 days"),
    ("DiskAlmostFull", "Product pages", "error", "Disk of image-2 is 91 % full"),
    ("SearchLatencyHigh", "Search", "warning", "Search latency p95 above 2 s for 10 minutes"),
]
