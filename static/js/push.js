// "Push to this browser": asks for leave, subscribes, and sends the form with what the browser gave.
// The form (templates/oncall/push/subscribe.html) is hidden until we know that this browser can.
const form = document.querySelector("form[data-push-key]")

function bytes(base64url) {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"))
  return Uint8Array.from(plain, letter => letter.charCodeAt(0))
}

function same(one, other) {
  return one?.byteLength === other.byteLength && new Uint8Array(one).every((byte, at) => byte === other[at])
}

async function subscription(key) {
  const worker = await navigator.serviceWorker.register(form.dataset.worker)
  await navigator.serviceWorker.ready
  const kept = await worker.pushManager.getSubscription()
  // One made for another key of the desk's would be refused at each push.
  if (kept && same(kept.options.applicationServerKey, key)) return kept
  await kept?.unsubscribe()
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
}

// "Firefox on Linux", for people to tell their browsers apart.
function name() {
  const agent = navigator.userAgent
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find(word => agent.includes(word)) ?? "Browser"
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"].find(word => agent.includes(word))
  const shown = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser
  return system ? `${shown} on ${system}` : shown
}

function say(text) {
  form.querySelector("[data-push-said]").textContent = text
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") {
    return say("This browser does not allow notifications from the desk. Allow them in its settings for this page, then try again.")
  }
  const made = await subscription(bytes(form.dataset.pushKey))
  form.elements.subscription.value = JSON.stringify(made)
  if (form.elements.name && !form.elements.name.value) form.elements.name.value = name()
  form.submit()
}

document.querySelector("[data-push-plain]")?.remove()
if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  form.hidden = false
  form.addEventListener("submit", event => {
    event.preventDefault()
    const button = form.querySelector("button")
    button.disabled = true
    subscribe()
      .catch(() => say("The browser's push service could not be reached. Try again in a minute."))
      .finally(() => { button.disabled = false })
  })
} else {
  document.querySelector("[data-push-unable]")?.removeAttribute("hidden")
}
