// A clinic's pens as they work: each word of the stream is the whole pen, so nothing is ever put together here.
import { follow } from './live.js'

const WORDS = {
  connecting: 'Connecting', live: 'Live', stale: 'Stale', reconnecting: 'Reconnecting', offline: 'Offline',
}
const FRESH_MS = 15_000 // a reading older than this is not what happens now
const SEEN_MS = 60_000

const facts = document.body.dataset
const badge = document.querySelector('[data-badge]')
const list = document.querySelector('[data-words]')
const words = list ? JSON.parse(list.dataset.words) : null
const readings = new Map() // by card: when the last one was heard, by this clock
let leaving = false

function start() {
  badge.hidden = false
  follow(
    {
      name: 'pens', address: `/live/clinics/${facts.clinic}/devices`, clinic: facts.clinic,
      person: facts.person, formToken: facts.formToken,
    },
    { heard, state, left },
  )
  new BroadcastChannel('needlepoint-session').onmessage = left
  addEventListener('submit', () => (leaving = true))
  for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, seen, { passive: true })
  setInterval(age, 1000)
}

function heard(message) {
  const said = JSON.parse(message.data)
  for (const pen of message.type === 'snapshot' ? said.pens : [said]) show(pen)
}

function show(pen) {
  const card = document.getElementById(`pen-${pen.device_id}`)
  if (!card) return
  const field = name => card.querySelector(`[data-field="${name}"]`)
  const status = stateOf(pen)
  write(field('status'), words.status[status] ?? status)
  field('status').className = `tag ${words.tone[status] ?? 'mute'}`
  write(field('battery'), pen.battery_permille === null ? 'unknown' : `${Math.round(pen.battery_permille / 10)}\u202f%`)
  const link = field('trace')
  link.hidden = !pen.session_id
  if (pen.session_id) link.href = `/pens/sessions/${pen.session_id}`
  alarms(card, field('alarms'), pen.alarms)
  read(card, field, pen.reading)
}

// What sends readings is on line, whatever its last word on itself was.
function stateOf({ status, online, reading }) {
  if (reading && status !== 'needling') return reading.speed_rpm > 0 && reading.depth_um > 0 ? 'needling' : 'idle'
  return online || status === 'registered' ? status : 'offline'
}

function read(card, field, reading) {
  if (!reading) return rest(card)
  if (readings.get(card)?.at !== reading.at) readings.set(card, { at: reading.at, heard: Date.now() })
  const { depth_um: depth, limit_um: limit, over } = reading
  const zone = words.zone[reading.zone] ?? `Zone ${reading.zone}`
  card.dataset.state = over ? 'over' : 'reading'
  write(field('depth'), millimetres(depth))
  write(field('zone'), zone)
  write(field('speed'), `${reading.speed_rpm} rpm`)
  write(field('temperature'), `${(reading.temperature_cc / 100).toFixed(1)} °C`)
  write(field('against'), against(zone, limit, over))
  field('over').hidden = !over
  const share = limit > 0 ? Math.max(0, Math.min(1, depth / limit)) : 0
  field('fill').setAttribute('width', over ? 100 : Math.round(share * 100))
  field('meter').value = over ? 1 : share
}

function against(zone, limit, over) {
  if (limit !== null) return `of at most ${millimetres(limit)} mm: ${zone.toLowerCase()}`
  if (over) return `${zone}: the session has no limit for this zone`
  return over === null ? 'No session says how deep it may go.' : zone
}

// What was heard a while ago is not what happens now; the server says so too, after a minute.
function rest(card) {
  const field = name => card.querySelector(`[data-field="${name}"]`)
  readings.delete(card)
  card.dataset.state = 'waiting'
  for (const name of ['depth', 'zone', 'speed', 'temperature']) write(field(name), '–')
  write(field('against'), 'No readings at the moment.')
  field('over').hidden = true
  field('fill').setAttribute('width', 0)
  field('meter').value = 0
}

function age() {
  for (const [card, { heard: at }] of readings) if (Date.now() - at > FRESH_MS) rest(card)
}

function alarms(card, place, open) {
  const shown = open.map(each => `${words.alarm[each.kind] ?? each.kind}${worth(each)}`)
  if (place.dataset.shown === JSON.stringify(shown)) return
  place.dataset.shown = JSON.stringify(shown)
  place.replaceChildren(...open.map((each, index) => {
    const row = document.getElementById('alarm').content.firstElementChild.cloneNode(true)
    row.classList.add(each.severity === 'hard' ? 'bad' : 'warn')
    row.querySelector('span').textContent = shown[index]
    return row
  }))
  const hard = open.filter(each => each.severity === 'hard' && !each.acknowledged_at)
  if (!hard.length) return
  const name = card.querySelector('h2').firstChild.textContent.trim()
  write(document.querySelector('[data-alert]'), `${name}: ${hard.map(each => words.alarm[each.kind] ?? each.kind).join(', ')}.`)
}

function worth({ kind, value, limit }) {
  if (kind !== 'depth_over_limit' || value === null || limit === null) return ''
  return `: ${millimetres(value)} mm, limit ${millimetres(limit)} mm`
}

const millimetres = micrometres => (micrometres / 1000).toFixed(2).replace('-', '\u2212')

function write(place, text) {
  if (place.textContent !== text) place.textContent = text
}

function state(value, lastHeard) {
  badge.dataset.state = value
  write(badge.querySelector('[data-word]'), WORDS[value])
  facts.connection = value
  const at = new Date(lastHeard).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  badge.title = value === 'live' ? 'What you see follows what happens' : `Last heard at ${at}`
  if (value !== 'live') for (const card of [...readings.keys()]) rest(card)
}

// Nobody is signed in any more: the server shows where to sign in.
function left() {
  if (!leaving) location.reload()
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
