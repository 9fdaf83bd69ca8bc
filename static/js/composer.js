// The reply box: Ctrl/⌘+Enter sends, and an article or a canned answer goes in where the cursor stands.
function insert(field, text) {
  const { selectionStart: from, selectionEnd: to, value } = field
  const before = value.slice(0, from)
  const gap = before && !before.endsWith("\n") ? "\n" : ""
  field.setRangeText(gap + text, from, to, "end")
  field.dispatchEvent(new Event("input", { bubbles: true }))
  field.focus()
}

function start() {
  document.addEventListener("keydown", event => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || !event.target.matches?.("[data-composer]")) return
    event.preventDefault()
    const form = event.target.form
    form.requestSubmit(form.querySelector("[data-send]") ?? undefined)
  })
  document.addEventListener("click", event => {
    const source = event.target.closest("[data-insert], [data-insert-from]")
    if (!source) return
    const field = document.querySelector(source.dataset.insertInto || "[data-composer]")
    const text = source.dataset.insert ?? document.querySelector(source.dataset.insertFrom)?.textContent.trim()
    if (field && text) insert(field, text)
  })
  document.addEventListener("change", event => {
    const input = event.target
    if (!input.matches?.(".filepick input[type=file]")) return
    const place = input.form?.querySelector("[data-draft-status]")
    const names = [...input.files].map(file => file.name).join(", ")
    if (place) place.textContent = names
  })
}

start()
