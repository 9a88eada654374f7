// Make `old` say what `fresh` says and touch nothing else, so that focus, open details and scroll stay.

export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return
  if (old.nodeType === Node.TEXT_NODE && fresh.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data
    pulse(old.parentElement)
    return
  }
  if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
    old.replaceWith(document.importNode(fresh, true))
    return
  }
  attributes(old, fresh)
  if (old.hasAttribute('data-keyed')) keyed(old, fresh)
  else children(old, fresh)
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    const ours = (name === 'open' && old.nodeName === 'DETAILS') || name === 'class'
    if (!fresh.hasAttribute(name) && !ours) old.removeAttribute(name)
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  }
}

function children(old, fresh) {
  const before = [...old.childNodes], after = [...fresh.childNodes]
  if (before.length !== after.length) {
    old.replaceChildren(...after.map(node => document.importNode(node, true)))
    return
  }
  before.forEach((node, place) => morph(node, after[place]))
}

// Children with ids are matched by them.  data-keyed="stay" keeps the order under the pointer.
function keyed(old, fresh) {
  const known = new Map([...old.children].map(child => [child.id, child]))
  const wanted = [...fresh.children]
  const ids = new Set(wanted.map(child => child.id))
  for (const [id, child] of known) if (!ids.has(id)) child.remove()
  const stay = old.dataset.keyed === 'stay'
  wanted.forEach((child, place) => {
    const mine = known.get(child.id)
    if (mine) morph(mine, child)
    const node = (mine && old.querySelector(`:scope > #${CSS.escape(child.id)}`)) ?? document.importNode(child, true)
    if (!mine) node.classList.add('changed')
    if (stay ? !mine : old.children[place] !== node) move(old, node, stay ? null : old.children[place])
  })
}

function move(parent, node, before) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null
  parent.insertBefore(node, before ?? null)
  focused?.focus({ preventScroll: true })
}

function pulse(element) {
  const shown = element?.closest('[data-pulse]')
  if (!shown) return
  shown.classList.add('changed')
  shown.addEventListener('animationend', () => shown.classList.remove('changed'), { once: true })
}
