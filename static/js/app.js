// Small manners of every page. Modules import nothing from one another: each is served under its own hashed name,
// and they speak through events of the document ("toast", "palette").
document.addEventListener("click", async event => {
  const opener = event.target.closest("[data-open]")
  if (opener && opener.dataset.open !== "palette") document.getElementById(opener.dataset.open)?.showModal()
  const copier = event.target.closest("[data-copy]")
  if (copier) {
    await navigator.clipboard.writeText(copier.dataset.copy)
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Copied", kind: "ok" } }))
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
