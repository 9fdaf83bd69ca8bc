{# A service worker speaks for one origin: it is served at the root, and its names of files are filled in here. -#}
// Shows what the desk pushes, and opens or acknowledges it. Nothing is cached: the desk is asked each time.
const MARK = "{% static 'mark.svg' %}"
const ACKNOWLEDGE = "{% url 'push-answer' %}"

self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()))

function read(event) {
  const unread = { title: "Helpdesk", body: "Something needs you.", tag: "desk" }
  try {
    return { ...unread, ...event.data.json() }
  } catch {
    return unread
  }
}

self.addEventListener("push", event => {
  const told = read(event)
  const actions = [
    ...(told.token ? [{ action: "acknowledge", title: "Acknowledge" }] : []),
    ...(told.url ? [{ action: "open", title: "Open" }] : []),
  ]
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body, tag: told.tag, renotify: true, requireInteraction: told.kind === "page" && told.waits, icon: MARK, badge: MARK, actions,
    data: { link: told.link, url: told.url, token: told.token },
  }))
})

// Only pages of this desk are opened, whatever was pushed.
function ours(address) {
  try {
    return address && new URL(address, self.location.origin).origin === self.location.origin ? address : "/"
  } catch {
    return "/"
  }
}

async function show(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
  const already = pages.find(page => page.url === new URL(address, self.location.origin).href)
  return already ? already.focus() : self.clients.openWindow(address)
}

async function acknowledge(told, title) {
  const body = new URLSearchParams({ token: told.token })
  const answer = await fetch(ACKNOWLEDGE, { method: "POST", body, credentials: "omit" })
  if (!answer.ok) return show(ours(told.link))
  const { said } = await answer.json()
  return self.registration.showNotification(said, { body: title, icon: MARK, badge: MARK, data: { url: told.url } })
}

self.addEventListener("notificationclick", event => {
  event.notification.close()
  const told = event.notification.data ?? {}
  if (event.action === "acknowledge" && told.token) {
    const work = acknowledge(told, event.notification.title).catch(() => show(ours(told.link)))
    return event.waitUntil(work)
  }
  const where = event.action === "open" ? told.url : told.link || told.url
  event.waitUntil(show(ours(where)))
})
