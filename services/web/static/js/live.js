// One stream a browser, shared by its tabs: the tab that holds the lock listens, a channel tells the others.
// States: connecting, live, stale (nothing heard for 10 s), reconnecting, offline.

const QUIET_MS = 10_000 // the server says something at least every 5 s
const GIVE_UP_MS = 30_000
const LONGEST_WAIT_MS = 15_000
const TYPES = ['snapshot', 'overview', 'clinic', 'alarm', 'attention', 'appointment', 'pen', 'tick']

export function follow(stream, { heard, state, left }) {
  const name = `live:${stream.person}:${stream.name}:${stream.clinic ?? ''}`
  const channel = new BroadcastChannel(name)
  const leader = { state: 'connecting' }
  const newest = new Map() // of a stream whose every word replaces the last on its thing: for tabs that come later
  let leads = false
  const tell = reader(heard, state, left)
  const say = message => {
    if (stream.address && message.kind === 'event') keep(newest, message)
    channel.postMessage(message)
    tell(message)
  }
  channel.onmessage = ({ data }) => {
    if (data.kind !== 'ask') tell(data)
    else if (leads) {
      for (const message of newest.values()) channel.postMessage(message)
      channel.postMessage({ kind: 'state', value: leader.state })
    }
  }
  navigator.locks.request(name, async () => {
    leads = true
    await lead(stream, say, leader)
  })
  channel.postMessage({ kind: 'ask' })
}

function keep(newest, message) {
  if (message.type === 'snapshot') {
    newest.clear()
    newest.set('', message)
  }
  if (message.type === 'pen') newest.set(JSON.parse(message.data).device_id, message)
}

// Turn what the leader says into this tab's state, by this tab's own clock.
function reader(heard, state, left) {
  let told = 'connecting', shown = '', lastHeard = Date.now(), troubleSince = Date.now()
  const show = () => {
    const now = Date.now()
    let value = told
    if (!navigator.onLine) value = 'offline'
    else if (told === 'live' && now - lastHeard > QUIET_MS) value = 'stale'
    else if (told !== 'live' && now - troubleSince > GIVE_UP_MS) value = 'offline'
    if (value !== shown) state((shown = value), lastHeard)
  }
  setInterval(show, 1000)
  for (const change of ['online', 'offline']) addEventListener(change, show)
  queueMicrotask(show)
  return message => {
    if (message.kind === 'left') return left()
    if (message.kind === 'state') {
      if (message.value !== 'live' && told === 'live') troubleSince = Date.now()
      told = message.value
    } else {
      told = 'live'
    }
    if (told === 'live') lastHeard = Date.now()
    show()
    if (message.kind === 'event' && message.type !== 'tick') heard(message)
  }
}

async function lead(stream, say, leader) {
  let lastId = '', wait = 500
  const become = value => say({ kind: 'state', value: (leader.state = value) })
  for (;;) {
    const ticket = await ask(stream)
    if (ticket === 'left') return say({ kind: 'left' })
    if (ticket) {
      const ended = await listen(stream, ticket, lastId, {
        open: () => {
          wait = 500
          become('live')
        },
        event: message => {
          lastId = message.id || lastId
          say(message)
        },
      })
      if (ended === 'renew') continue
    }
    become('reconnecting')
    await new Promise(done => setTimeout(done, wait * (0.75 + Math.random() / 2)))
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
}

// A ticket opens one stream once; no token ever reaches this script.
async function ask(stream) {
  try {
    const answer = await fetch('/stream-ticket', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Form-Token': stream.formToken, 'X-Parts': '1' },
      body: JSON.stringify({ stream: stream.name, ...(stream.clinic && { clinic_id: stream.clinic }) }),
    })
    if (answer.status === 401) return 'left'
    return answer.ok ? (await answer.json()).ticket : null
  } catch {
    return null
  }
}

function listen(stream, ticket, lastId, on) {
  const query = new URLSearchParams({ ticket })
  if (stream.clinic && !stream.address) query.set('clinic_id', stream.clinic)
  if (lastId) query.set('last_event_id', lastId)
  return new Promise(done => {
    const source = new EventSource(`${stream.address ?? `/live/${stream.name}`}?${query}`)
    const end = reason => {
      source.close()
      done(reason)
    }
    source.onopen = on.open
    source.onerror = () => end('broken') // the ticket is used up: a new one is asked for
    source.addEventListener('end', event => end(JSON.parse(event.data).reason))
    for (const type of TYPES) {
      source.addEventListener(type, event =>
        on.event({ kind: 'event', type, id: event.lastEventId, data: event.data }))
    }
    addEventListener('pagehide', () => source.close(), { once: true })
  })
}
