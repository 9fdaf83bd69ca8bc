// Live regions. The stream carries ticket numbers only; the page asks again through the views that check permission.
const DEBOUNCE_MS = 250
const POLL_MS = 15_000
const RETRY_MS = 60_000

let stream = null
let last = ""
let polling = 0
let retry = 0
let timer = 0
let changed = new Set()
let everything = false

const note = state => (document.documentElement.dataset.live = state)

function refresh() {
  for (const region of document.querySelectorAll("[data-live-src][id]")) {
    const only = region.dataset.liveTicket
    if (!everything && only && !changed.has(only)) continue
    const source = region.dataset.liveSrc || location.href
    const options = { source: region, target: `#${CSS.escape(region.id)}`, swap: "outerMorph ignoreTitle:true" }
    if (region.dataset.liveSelect) options.select = region.dataset.liveSelect
    htmx.ajax("GET", source, options).catch(() => {}) // the next event or poll asks again
  }
  changed = new Set()
  everything = false
}

function soon(id) {
  if (id === undefined) everything = true
  else changed.add(String(id))
  clearTimeout(timer)
  timer = setTimeout(refresh, DEBOUNCE_MS)
}

function poll(on) {
  clearInterval(polling)
  polling = on ? setInterval(() => document.hidden || soon(), POLL_MS) : 0
  if (on) note("polling")
}

function remember(event) {
  if (event.lastEventId) last = event.lastEventId
}

function connect() {
  const url = document.body.dataset.liveUrl
  if (!url || stream || document.hidden) return
  clearTimeout(retry)
  stream = new EventSource(last ? `${url}?last=${encodeURIComponent(last)}` : url)
  stream.onopen = () => {
    if (polling) soon() // what happened since the last poll
    poll(false)
    note("on")
  }
  stream.addEventListener("hello", remember)
  stream.addEventListener("ticket", event => {
    remember(event)
    soon(JSON.parse(event.data).id)
  })
  stream.onerror = () => {
    // Closed for good: no room for another stream (204, 503). The browser itself retries a lost connection.
    if (stream?.readyState !== EventSource.CLOSED) return
    stream = null
    poll(true)
    retry = setTimeout(connect, RETRY_MS)
  }
}

function disconnect() {
  stream?.close()
  stream = null
  clearTimeout(retry)
  poll(false)
  note("off")
}

function start() {
  if (!document.body.dataset.liveUrl) return
  let hiddenAt = 0
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenAt = Date.now()
      return disconnect()
    }
    connect()
    // Without a cursor nothing can be replayed: look once at everything.
    if (!last || Date.now() - hiddenAt > RETRY_MS) soon()
  })
  addEventListener("pagehide", disconnect)
  addEventListener("pageshow", event => event.persisted && connect())
  connect()
}

start()
