// One-key shortcuts. Templates declare them: data-key="e" or data-key="g d" on a link, button or field.
const openPalette = () => document.dispatchEvent(new CustomEvent("palette"))
const PREFIX_MS = 1200
let prefix = ""
let timer = 0

const typing = target =>
  target.isContentEditable || target.closest?.("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])")
const visible = element => element.checkVisibility?.({ visibilityProperty: true }) ?? true

function move(step) {
  const rows = [...document.querySelectorAll(".row__link")].filter(visible)
  const focused = rows.indexOf(document.activeElement)
  const here = focused >= 0 ? focused : rows.findIndex(row => row.closest(".row").hasAttribute("data-current"))
  const next = rows[Math.min(rows.length - 1, Math.max(0, here + step))]
  if (!next || next === rows[here]) return
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: "nearest" })
  // Beside an open ticket walking opens the next one; in a plain list it only moves.
  if (document.querySelector(".ticket[data-ticket]")) next.click()
}

function tick() {
  const row = document.activeElement.closest?.(".row") ?? document.querySelector(".row[data-current]")
  row?.querySelector(".row__check input")?.click()
}

function sheet() {
  const dialog = document.getElementById("keys")
  if (!dialog || dialog.open) return
  const list = dialog.querySelector("dl")
  list.querySelectorAll("[data-found]").forEach(line => line.remove())
  for (const element of document.querySelectorAll("[data-key]")) list.append(line(element))
  dialog.showModal()
}

function line(element) {
  const copy = (element.closest("label") ?? element).cloneNode(true)
  copy.querySelectorAll("kbd, .count").forEach(part => part.remove())
  const row = document.createElement("div")
  row.dataset.found = ""
  const name = element.dataset.keyLabel || element.getAttribute("aria-label") || copy.textContent.trim()
  const keys = document.createElement("dd")
  for (const key of element.dataset.key.split(" ")) keys.append(Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }), " ")
  row.append(Object.assign(document.createElement("dt"), { textContent: name }), keys)
  return row
}

const builtin = { j: () => move(1), k: () => move(-1), x: tick, "?": sheet, "/": openPalette }

function press(key) {
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(candidate => !candidate.disabled && (visible(candidate) || candidate.type === "radio"))
  if (element) {
    const field = element.matches("textarea, select, input:not([type=radio], [type=checkbox])")
    field ? element.focus() : element.click()
    if (element.dataset.keyFocus) document.querySelector(element.dataset.keyFocus)?.focus()
    return true
  }
  if (builtin[key]) builtin[key]()
  return Boolean(builtin[key])
}

function start() {
  document.addEventListener("keydown", event => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault()
      return openPalette()
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || typing(event.target)) return
    if (document.querySelector("dialog[open]")) return
    const key = prefix ? `${prefix} ${event.key.toLowerCase()}` : event.key.toLowerCase()
    clearTimeout(timer)
    const prefixed = !prefix && document.querySelector(`[data-key^="${CSS.escape(key)} "]`)
    prefix = ""
    if (prefixed) {
      prefix = key
      timer = setTimeout(() => (prefix = ""), PREFIX_MS)
    } else if (press(key)) event.preventDefault()
  })
}

start()
