// A page that follows a stream: what is shown is made by the server; here it is fetched again when something happened.
import { follow } from './live.js'
import { morph } from './morph.js'

const WORDS = {
  connecting: 'Connecting', live: 'Live', stale: 'Stale', reconnecting: 'Reconnecting', offline: 'Offline',
}
const SOONEST_MS = 1000 // between two fetches
const SEEN_MS = 60_000
const CLOCK_MS = 5000

const facts = document.body.dataset
const badge = document.querySelector('[data-badge]')
const shell = document.querySelector('[data-parts]')
const clock = document.querySelector('[data-clock]')
const ahead = clock ? Date.parse(shell.dataset.now) - Date.now() : 0
const hands = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: clock?.dataset.clock })
let fetched = 0, waiting = null, entityTag = '', order = [], leaving = false

export function start() {
  badge.hidden = false
  follow(
    { name: facts.stream, clinic: facts.clinic || undefined, person: facts.person, formToken: facts.formToken },
    { heard, state, left },
  )
  new BroadcastChannel('needlepoint-session').onmessage = left
  addEventListener('submit', () => (leaving = true))
  addEventListener('visibilitychange', () => document.hidden || (waiting === 'hidden' && refresh()))
  for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, seen, { passive: true })
  document.querySelector('[data-resort]')?.addEventListener('click', resort)
  addEventListener('keydown', ({ key }) => key === 'Escape' && closeDetails())
  setInterval(goOn, CLOCK_MS)
}

// What hangs open over the list goes, and focus returns to what opened it.
function closeDetails() {
  const open = document.querySelector('details[name][open]')
  if (!open) return
  open.open = false
  open.querySelector('summary').focus()
}

// The clinic's clock goes on, by the server's; who should be here by now is late, so the list is asked for again.
function goOn() {
  if (!clock) return
  const now = Date.now() + ahead
  const shown = document.querySelector('[data-clock]')
  shown.textContent = hands.format(now)
  if (Date.parse(document.querySelector('[data-due]')?.dataset.due) < now) heard({ type: 'due' })
}

// Nobody is signed in any more: the server shows where to sign in.  A form that was sent leads on by itself.
function left() {
  if (!leaving) location.reload()
}

function heard(message) {
  if (message.type === 'alarm') announce(JSON.parse(message.data))
  if (waiting === 'timer') return
  if (document.hidden && message.type !== 'alarm') {
    waiting = 'hidden'
    return
  }
  waiting = 'timer'
  setTimeout(refresh, Math.max(0, fetched + SOONEST_MS - Date.now()))
}

async function refresh() {
  waiting = null
  fetched = Date.now()
  try {
    const answer = await fetch(shell.dataset.parts, {
      headers: { 'X-Parts': '1', ...(entityTag && { 'If-None-Match': entityTag }) },
    })
    if (answer.status === 401) left()
    if (!answer.ok) return
    entityTag = answer.headers.get('ETag') ?? ''
    take(new DOMParser().parseFromString(await answer.text(), 'text/html'))
  } catch {
    // The badge says that the connection is gone; the next event, or reconnecting, fetches again.
  }
}

function take(fresh) {
  for (const part of fresh.querySelectorAll('[data-part]')) {
    const shown = document.getElementById(part.id)
    if (shown) morph(shown, part)
  }
  const list = fresh.querySelector('[data-keyed="stay"]')
  if (list) offerOrder([...list.children].map(row => row.id))
}

// Rows do not jump under the pointer: a person asks for the new order.
function offerOrder(ids) {
  order = ids
  const button = document.querySelector('[data-resort]')
  const shown = [...document.querySelector('[data-keyed="stay"]').children].map(row => row.id)
  const moved = shown.filter((id, place) => ids[place] !== id).length
  button.hidden = moved === 0
  button.querySelector('[data-count]').textContent = moved
}

function resort() {
  const list = document.querySelector('[data-keyed="stay"]')
  for (const id of order) list.append(document.getElementById(id))
  offerOrder(order)
  list.closest('section').querySelector('h2').focus()
}

function state(value, lastHeard) {
  badge.dataset.state = value
  badge.querySelector('[data-word]').textContent = WORDS[value]
  document.body.dataset.connection = value
  const at = new Date(lastHeard).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  badge.title = value === 'live' ? 'What you see follows what happens' : `Last heard at ${at}`
}

function announce(alarm) {
  const place = document.querySelector('[data-alert]')
  if (!place || alarm.cleared_at || alarm.acknowledged_at) return
  if (alarm.escalated_at) place.textContent = 'Nobody has looked at an alarm of a device. See what needs attention.'
  else if (alarm.severity === 'hard' && !alarm.late && !alarm.stop_confirmed_at) {
    place.textContent = 'A device was told to stop. See what needs attention.'
  }
}

let lastSeen = Date.now()
function seen() {
  if (Date.now() - lastSeen < SEEN_MS) return
  lastSeen = Date.now()
  fetch('/session/seen', { method: 'POST', headers: { 'X-Form-Token': facts.formToken, 'X-Parts': '1' } })
    .then(answer => answer.status === 401 && left())
    .catch(() => {})
}

start()
