// A ticket's page: dialogs open with what they ask, the newest line is in sight, and the composer knows what was seen.
const NEAR_PX = 90

const timeline = () => document.getElementById("timeline")
const begun = new WeakSet()
let shown = null
let atEnd = true

// A wide pane scrolls the conversation itself; a narrow one scrolls as a whole, only when a ticket opens.
function toEnd(lines) {
  if (getComputedStyle(lines).overflowY !== "visible") lines.scrollTop = lines.scrollHeight
  else if (lines !== shown && !location.hash) lines.lastElementChild?.scrollIntoView({ block: "end" })
}

function settle() {
  const lines = timeline()
  if (lines && (lines !== shown || atEnd)) toEnd(lines)
  if (lines !== shown) atEnd = true
  shown = lines
  const now = document.querySelector(".ticket[data-ticket]")?.dataset.ticket
  for (const row of document.querySelectorAll(".row")) {
    const current = now !== undefined && row.id === `row-${now}`
    row.toggleAttribute("data-current", current)
    const link = row.querySelector(".row__link")
    current ? link?.setAttribute("aria-current", "true") : link?.removeAttribute("aria-current")
  }
}

// Without the live stream the list would show the old state until the next poll.
function refreshList() {
  const rows = document.querySelector("#list-rows[data-live-src]")
  if (!rows || document.documentElement.dataset.live === "on") return
  htmx.ajax("GET", rows.dataset.liveSrc, { source: rows, target: "#list-rows", swap: "outerMorph ignoreTitle:true" }).catch(() => {})
}

document.addEventListener("scroll", event => {
  const lines = event.target
  if (lines.id === "timeline") atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_PX
}, { capture: true, passive: true })

document.addEventListener("htmx:after:swap", event => {
  const { target, request } = event.detail.ctx
  const editor = document.getElementById("editor")
  if (target?.id === "editor-body" && request.method === "GET" && !editor.open && editor.querySelector("form")) editor.showModal()
  settle()
})

document.addEventListener("htmx:after:request", event => {
  const { sourceElement, request, response } = event.detail.ctx
  if (request.method !== "POST" || !sourceElement?.closest?.(".ticket") || response.status >= 300) return
  const editor = sourceElement.closest("dialog")
  if (editor?.open) editor.close()
  if (sourceElement.id === "composer") atEnd = true
  refreshList()
})

document.addEventListener("htmx:response:error", event => {
  const { sourceElement, response } = event.detail.ctx
  if (response.status === 422 || sourceElement?.dataset?.liveSrc || !sourceElement?.closest?.(".ticket")) return
  const text = response.status === 404 ? "This ticket is no longer yours to see." : "That did not go through. Nothing was lost: try again."
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "bad" } }))
})

// What was on screen when its author began to write: messages that arrive later stop the send once, to be read.
document.addEventListener("input", event => {
  const field = event.target
  if (!field.matches("[data-composer]")) return
  if (!field.value) begun.delete(field)
  else if (!begun.has(field)) {
    begun.add(field)
    const seen = field.form?.elements.seen
    if (seen && timeline()) seen.value = Math.max(Number(seen.value), Number(timeline().dataset.last))
  }
})

document.addEventListener("submit", event => {
  const menu = event.target.closest("[popover]:popover-open")
  if (menu) menu.hidePopover()
  else event.target.querySelector("[popover]:popover-open")?.hidePopover()
})

function beside(event, box) {
  const { left, right, top, bottom } = box.getBoundingClientRect()
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom
}

document.addEventListener("click", event => {
  const open = event.target.closest("#editor[open]")
  if (open && (event.target.closest("[data-close]") || (event.target === open && beside(event, open)))) {
    event.preventDefault()
    open.close()
  }
  // A link of a menu opens a dialog: the menu has done its work.
  event.target.closest("[popover]:popover-open a.menu__item")?.closest("[popover]").hidePopover()
})

settle()
