// Half-written text survives a reload, a lost connection and a swap. Kept in this browser, cleared once sent.
const PREFIX = "draft:"
const SENT = "draft-sent:"
const AUDIENCE = ":audience"
const fields = () => document.querySelectorAll("textarea[data-draft]")

function status(field, text) {
  const place = field.form?.querySelector("[data-draft-status]")
  if (place) place.textContent = text
}

function save(field) {
  const key = PREFIX + field.dataset.draft
  if (field.value.trim()) localStorage.setItem(key, field.value)
  else localStorage.removeItem(key)
  // A note must never come back as a reply.
  const audience = field.form?.elements.audience?.value
  if (audience) localStorage.setItem(key + AUDIENCE, audience)
  status(field, field.value.trim() ? "Draft saved" : "")
}

function restore() {
  for (const field of fields()) {
    const key = PREFIX + field.dataset.draft
    // The server sends the text back only when it refused the form: an empty field after a send means it arrived.
    if (sessionStorage.getItem(SENT + field.dataset.draft)) {
      sessionStorage.removeItem(SENT + field.dataset.draft)
      if (!field.value) localStorage.removeItem(key)
    }
    const kept = localStorage.getItem(key)
    if (kept && !field.value) {
      field.value = kept
      const audience = localStorage.getItem(key + AUDIENCE)
      if (audience && field.form?.elements.audience) field.form.elements.audience.value = audience
      status(field, "Draft restored")
    }
  }
}

function forget(form) {
  for (const field of form.querySelectorAll("textarea[data-draft]")) {
    localStorage.removeItem(PREFIX + field.dataset.draft)
    localStorage.removeItem(PREFIX + field.dataset.draft + AUDIENCE)
  }
}

function start() {
  document.addEventListener("input", event => event.target.matches("textarea[data-draft]") && save(event.target))
  document.addEventListener("change", event => {
    const field = event.target.name === "audience" && event.target.form?.querySelector("textarea[data-draft]")
    if (field && field.value.trim()) save(field)
  })
  document.addEventListener("submit", event => {
    if (event.target.matches("[hx-post]") && window.htmx) return
    for (const field of event.target.querySelectorAll("textarea[data-draft]")) sessionStorage.setItem(SENT + field.dataset.draft, "1")
  })
  document.addEventListener("htmx:after:request", event => {
    const { sourceElement, request, response } = event.detail.ctx
    const form = sourceElement?.form ?? sourceElement?.closest?.("form")
    if (form && request.method === "POST" && response?.status < 400) forget(form)
  })
  document.addEventListener("htmx:after:swap", restore)
  restore()
}

start()
