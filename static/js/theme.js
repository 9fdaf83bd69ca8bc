// Light, dark or the system's choice. A cookie, so that the server renders the right theme at once.
const root = document.documentElement

function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
  const now = root.dataset.theme === "auto" ? system : root.dataset.theme
  root.dataset.theme = now === "dark" ? "light" : "dark"
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`
}

function start() {
  document.addEventListener("click", event => event.target.closest("[data-theme-toggle]") && toggleTheme())
  if (!/Mac|iPhone|iPad/.test(navigator.platform)) return
  for (const key of document.querySelectorAll("kbd[data-mod]")) key.textContent = `⌘${key.dataset.mod}`
}

start()
