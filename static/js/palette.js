// The command palette: the server ranks and checks permission, this module only asks and walks the answer.
const WAIT_MS = 120
let timer = 0
let asked = 0

const dialog = () => document.getElementById("palette")
const options = () => [...dialog().querySelectorAll("[role=option]")]
const input = () => dialog().querySelector("input[name=q]")

function openPalette() {
  const box = dialog()
  if (!box || box.open) return
  box.showModal()
  input().value = ""
  ask()
}

async function ask() {
  const mine = ++asked
  const url = `${dialog().dataset.url}?q=${encodeURIComponent(input().value)}`
  let answer
  try {
    answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
  } catch {
    return // offline: the list stays as it was
  }
  if (!answer.ok || mine !== asked) return
  const results = document.getElementById("palette-results")
  results.innerHTML = await answer.text()
  htmx.process(results)
  choose(0)
}

function choose(index) {
  const all = options()
  all.forEach((option, place) => {
    option.id ||= `palette-${place}`
    option.setAttribute("aria-selected", place === index)
  })
  const chosen = all[index]
  chosen ? input().setAttribute("aria-activedescendant", chosen.id) : input().removeAttribute("aria-activedescendant")
  chosen?.scrollIntoView({ block: "nearest" })
}

function walk(event) {
  const all = options()
  const here = all.findIndex(option => option.getAttribute("aria-selected") === "true")
  if (event.key === "ArrowDown") choose((here + 1) % all.length)
  else if (event.key === "ArrowUp") choose((here - 1 + all.length) % all.length)
  else if (event.key === "Enter") run(all[here])
  else return
  event.preventDefault()
}

function run(option) {
  if (!option) return
  const key = option.dataset.press
  dialog().close()
  // A command is a button of the page: pressing it here keeps one way, and one permission check, for each.
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click()
  else option.click()
}

function start() {
  const box = dialog()
  if (!box) return
  document.addEventListener("palette", openPalette)
  document.addEventListener("click", event => event.target.closest("[data-open=palette]") && openPalette())
  box.addEventListener("keydown", walk)
  box.addEventListener("submit", event => event.preventDefault())
  box.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(ask, WAIT_MS)
  })
  box.addEventListener("click", event => {
    if (event.target === box) box.close()
    const option = event.target.closest("[role=option][data-press]")
    if (option) run(option)
  })
}

start()
