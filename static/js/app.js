// Behaviour that HTML cannot express, in small modules. Every page works without them.
import { startChips } from "./chips.js"
import { startComposer } from "./composer.js"
import { startDrafts } from "./drafts.js"
import { startKeys } from "./keys.js"
import { startLive } from "./live.js"
import { startPalette } from "./palette.js"
import { startTheme } from "./theme.js"
import { startToasts, toast } from "./toast.js"

startTheme()
startToasts()
startPalette()
startKeys()
startDrafts()
startComposer()
startChips()
startLive()

document.addEventListener("click", async event => {
  const opener = event.target.closest("[data-open]")
  if (opener && opener.dataset.open !== "palette") document.getElementById(opener.dataset.open)?.showModal()
  const copier = event.target.closest("[data-copy]")
  if (copier) {
    await navigator.clipboard.writeText(copier.dataset.copy)
    toast("Copied", "ok")
  }
})

document.addEventListener("change", event => {
  const control = event.target.closest("[data-autosubmit]")
  control?.form.requestSubmit()
})

// A phone shows one pane. After a swap the address says which one.
document.addEventListener("htmx:after:swap", () => {
  const pane = document.querySelector("[data-pane-now]")?.dataset.paneNow
  if (pane) document.querySelector(".app")?.setAttribute("data-pane", pane)
})
