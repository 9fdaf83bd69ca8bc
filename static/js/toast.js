// Short notices at the edge. Server-made and page-made toasts go the same way; a pointer or focus inside holds them.
const HOLD = ":is(:hover, :focus-within)"

function toast(text, kind = "info", ttl = 6000) {
  const box = document.createElement("div")
  box.className = `toast toast--${kind}`
  box.dataset.ttl = ttl
  box.append(Object.assign(document.createElement("span"), { textContent: text }))
  document.getElementById("toasts")?.append(box)
}

function expire(box) {
  if (!box.dataset?.ttl) return
  const leave = () => (box.matches(HOLD) ? setTimeout(leave, 2000) : box.remove())
  setTimeout(leave, Number(box.dataset.ttl))
}

function start() {
  const tray = document.getElementById("toasts")
  if (!tray) return
  for (const box of tray.children) expire(box)
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(expire))).observe(tray, { childList: true })
  document.addEventListener("click", event => event.target.closest("[data-dismiss]")?.closest(".toast, .alert")?.remove())
  document.addEventListener("toast", event => toast(event.detail.text, event.detail.kind))
  document.addEventListener("htmx:error", event => {
    // Background refreshes fail quietly: the live module tries again.
    if (event.detail?.ctx?.sourceElement?.dataset?.liveSrc) return
    toast("That did not go through. Check your connection and try again.", "bad")
  })
}

start()
