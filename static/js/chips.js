// SLA chips tick. The server decides the state; between two answers the page only lets time pass.
const TICK_MS = 15_000

function human(seconds) {
  const total = Math.abs(Math.trunc(seconds))
  if (total < 60) return `${total}s`
  const days = Math.floor(total / 86_400)
  const hours = Math.floor((total % 86_400) / 3_600)
  const minutes = Math.floor((total % 3_600) / 60)
  if (days) return hours ? `${days}d ${hours}h` : `${days}d`
  return hours ? `${hours}h ${String(minutes).padStart(2, "0")}m` : `${minutes}m`
}

function tick(chip, now) {
  const left = (Date.parse(chip.dataset.due) - now) / 1000
  const warned = chip.dataset.warn && Date.parse(chip.dataset.warn) <= now
  const state = left < 0 ? "breached" : warned ? "risk" : chip.classList.contains("sla--risk") ? "risk" : "ok"
  if (!chip.classList.contains(`sla--${state}`)) {
    chip.classList.remove("sla--ok", "sla--risk", "sla--breached")
    chip.classList.add(`sla--${state}`)
    const use = chip.querySelector("use")
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, state === "breached" ? "#circle-alert" : "#timer"))
  }
  const text = chip.querySelector(".sla__text")
  const words = left < 0 ? `${human(left)} overdue` : `${human(left)} left`
  if (text && text.textContent !== words) text.textContent = words
}

const all = () => document.hidden || document.querySelectorAll(".sla[data-due]").forEach(chip => tick(chip, Date.now()))

function start() {
  setInterval(all, TICK_MS)
  document.addEventListener("visibilitychange", all)
}

start()
