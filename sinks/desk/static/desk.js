// The script of all pages. It writes text, never markup: nothing that a record says can become part of the page.
const page = document.documentElement.dataset.page
const lang = document.documentElement.lang
const $ = id => document.getElementById(id)
let T = {}

const say = (name, values = {}) => Object.entries(values).reduce((text, [k, v]) => text.replace(`{${k}}`, v), T[name] ?? name.replaceAll('_', ' '))

function el(tag, text, cls) {
  const e = document.createElement(tag)
  if (text !== undefined) e.textContent = text
  if (cls) e.className = cls
  return e
}

// A token comes behind # in the address, which no server sees. It is exchanged for a cookie and taken out.
async function session() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!token) return
  history.replaceState(null, '', location.pathname + location.search)
  await fetch('/session', {method: 'POST', headers: {Authorization: 'Bearer ' + token}})
}

// Who is known is known for a while, and then again if the provider agrees. Pages that are open side by side renew once.
let renewal
async function renew() {
  return navigator.locks.request('attune-session', async () => {
    let answer = await fetch('/session').catch(() => null)
    let known = answer && answer.ok ? await answer.json() : null
    if (!known || known.expires_in > 0 && known.expires_in < 90) {
      answer = await fetch('/login/refresh', {method: 'POST'}).catch(() => null)
      if (answer && answer.ok) known = await answer.json()
    }
    clearTimeout(renewal)
    if (known && known.expires_in > 0) renewal = setTimeout(renew, Math.max(5, known.expires_in - 60) * 1000)
    return Boolean(known)
  })
}

// Whoever is not known logs in, where the site has people log in: in a window of the provider, which no frame may show.
async function admitted() {
  if (!('login' in document.documentElement.dataset) || await renew()) return
  const box = el('section', undefined, 'login'), text = el('p', say('login_needed')), button = el('button', say('login'), 'yes')
  box.append(text, button)
  document.querySelector('main').prepend(box)
  text.role = 'status'
  let beside
  button.onclick = async () => {
    beside = open('about:blank', 'attune-login', 'popup,width=480,height=680')
    const answer = await fetch('/login/begin', {method: 'POST'}).catch(() => null)
    if (beside && answer && answer.ok) return void (beside.location = (await answer.json()).url)
    if (beside) beside.close()
    text.textContent = say('login_failed')
  }
  await new Promise(done => addEventListener('message', async e => {
    if (e.origin !== location.origin || !beside || e.source !== beside || !e.data.state) return
    const answer = e.data.code && await fetch('/login/finish', {
      method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(e.data),
    }).catch(() => null)
    if (!answer || !answer.ok) return void (text.textContent = say(answer && answer.status === 403 ? 'not_allowed' : 'login_failed'))
    await renew()
    done()
  }))
  box.remove()
}

// The window of the provider ends here, and tells the page that opened it.
function openLogin() {
  const q = new URLSearchParams(location.search)
  history.replaceState(null, '', location.pathname)
  if (!opener) return
  opener.postMessage({code: q.get('code') ?? '', state: q.get('state') ?? ''}, location.origin)
  close()
}

// How current the page is. Silence of more than two heartbeats counts as lost.
let heard = 0, desk = null, lost = false
function currency(state) {
  if (state) { desk = state; heard = Date.now(); lost = false }
  const at = $('currency')
  if (!at) return
  const silent = heard && Date.now() - heard > 35000
  const text = lost || silent ? say('lost') : !desk ? '' : desk.current ? say('current') : desk.behind_ms < 0 ? say('never') : say('behind', {t: new Date(desk.as_of).toLocaleString(lang, {dateStyle: 'short', timeStyle: 'medium'})})
  if (at.textContent !== text) at.textContent = text
  at.classList.toggle('stale', text !== '' && text !== say('current'))
}

// What a desk says that cannot show or take anything now: how old it is, and why.
async function unable(answer) {
  if (!answer || answer.status !== 503) return false
  const problem = await answer.json().catch(() => ({}))
  if (problem.desk) currency(problem.desk)
  const at = $('waiting') ?? $('none'), kind = String(problem.type).replace(/.*\//, '')
  if (at && ['no-broker', 'audit'].includes(kind)) { at.hidden = false; at.textContent = say('no_broker') }
  return Boolean(problem.desk)
}

// The browser reconnects by itself while a server is away. It gives up where the answer is an error: then it is tried again
// here. What is returned ends it.
function follow(url, names) {
  let source, over = false
  const open = () => {
    if (over) return
    source = new EventSource(url)
    for (const [name, take] of Object.entries(names)) source.addEventListener(name, e => over || take(JSON.parse(e.data)))
    source.addEventListener('desk', e => over || currency(JSON.parse(e.data)))
    source.onerror = async () => {
      if (over) return
      const gone = source.readyState !== EventSource.CLOSED
      const answer = gone ? null : await fetch(url.replace(/\/events$/, '')).catch(() => null)
      if (!await unable(answer)) { lost = true; currency() }
      if (gone) return
      if (answer && answer.status === 401 && 'login' in document.documentElement.dataset) await admitted()
      else if (answer && (answer.status === 401 || answer.status === 403)) ($('waiting') ?? $('currency')).textContent = say('not_allowed')
      setTimeout(open, 2000)
    }
  }
  open()
  return () => { over = true; source.close() }
}

const percent = p => new Intl.NumberFormat(lang, {style: 'percent'}).format(p)
function lasted(ms) {
  const s = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}
function languageName(tag) {
  try { return new Intl.DisplayNames([lang], {type: 'language'}).of(tag) } catch { return tag }
}

// ---- one contact

const contact = {ref: '', now: null, answered: new Map(), shown: new Set(), since: 0, stop() {}, lit() {}}

const urgentFirst = ['emergency', 'self_harm', 'poison', 'urgent', 'critical_result']
const mustKnow = ['identity_conflict', 'deceased', 'minor', 'proxy', 'language', 'interpreter', 'do_not_contact', 'critical_result']

function alertsOf(d) {
  const lines = []
  for (const kind of urgentFirst) {
    if (!d.red_flags.some(f => f.kind === kind)) continue
    const help = [d.action, ...d.duties].find(x => x.service && (x === d.action || x.because === kind))
    lines.push({cls: 'urgent', text: say('flag_' + kind), help: help ? say('service_' + help.service) + (help.number ? ' ' + help.number : '') : ''})
  }
  if (d.facts.some(f => f.code === 'identity_conflict')) lines.push({cls: 'verify', text: say('verify'), help: ''})
  return lines
}

function fill(list, items, make) {
  const old = JSON.stringify(items)
  if (list.dataset.of === old) return
  list.dataset.of = old
  list.replaceChildren(...items.map(make))
}

function badgesOf(d) {
  const out = []
  for (const f of d.facts) {
    if (f.code === 'identity_conflict') continue
    const value = f.code === 'language' || f.code === 'interpreter' ? languageName(f.value) : f.value.replaceAll('_', ' ')
    out.push({text: say('fact_' + f.code, {value, n: f.n}).replace(/: $/, ''), cls: mustKnow.includes(f.code) ? 'must' : ''})
  }
  for (const x of d.duties) {
    if (x.code === 'verify_identity' && d.facts.some(f => f.code === 'identity_conflict')) continue
    out.push({text: say('duty_' + x.code) + (x.value ? ': ' + (x.code === 'interpreter' ? languageName(x.value) : x.value) : ''), cls: 'must'})
  }
  if (d.last_resort) out.push({text: say('last_resort'), cls: 'lit'})
  return out
}

function render(c) {
  contact.now = c
  contact.since = Date.now() - c.call.since_ms
  currency(c.desk)
  $('status').textContent = say('status_' + c.call.status)
  $('queue').textContent = c.call.queue.replaceAll('_', ' ')
  const d = c.decision
  $('waiting').hidden = Boolean(d)
  $('decision').hidden = !d
  if (!d) { $('waiting').textContent = say('no_action'); return }
  fill($('alerts'), alertsOf(d), a => {
    const p = el('p', a.text, a.cls)
    if (a.help) p.append(el('b', '→ ' + a.help))
    return p
  })
  fill($('badges'), badgesOf(d), b => el('li', b.text, b.cls))
  contact.lit(d.red_flags.length && !d.cancelled ? 1 : 0)
  const fresh = $('decision').dataset.id !== d.decision_id
  $('brief').textContent = d.brief
  $('action').textContent = d.cancelled ? say('withdrawn') : d.action.words
  $('expired').hidden = !d.expired || d.cancelled
  fill($('likely'), d.reasons, r => {
    const li = el('li')
    const m = el('meter')
    m.value = r.p
    m.ariaLabel = r.words
    li.append(el('span', r.words), m, el('span', percent(r.p)))
    return li
  })
  fill($('evidence'), d.evidence.length ? d.evidence : [say('no_evidence')], text => el('li', text))
  fill($('alternatives'), d.alternatives.length ? d.alternatives.map(a => a.words) : [say('nothing_else')], text => el('li', text))
  const p = c.persona
  const about = !p ? [] : [['p_language', p.language && languageName(p.language)], ['p_prefers', p.prefers], ['p_calls', String(p.calls)], ['p_effort', percent(Math.min(1, p.effort))], ['p_frustration', percent(p.frustration)]].filter(x => x[1])
  $('about_person').hidden = about.length === 0
  $('whole_way').href = `/person?person_ref=${encodeURIComponent(c.person_ref)}&lang=${lang}`
  fill($('persona'), about.flatMap(([k, v]) => [['dt', say(k)], ['dd', v]]), ([tag, text]) => el(tag, text))
  fill($('history'), c.history, h => el('li', new Date(h.decided_at).toLocaleTimeString(lang)))
  $('before').hidden = c.history.length < 2
  answers(d)
  if (!fresh) return
  const first = !$('decision').dataset.id
  $('decision').dataset.id = d.decision_id
  $('reasons').hidden = true
  $('decline').ariaExpanded = 'false'
  if (!first) {
    $('said').textContent = say('new') + d.brief
    $('do').classList.remove('fresh')
    void $('do').offsetWidth
    $('do').classList.add('fresh')
  }
  shown(d)
}

function answers(d) {
  const a = contact.answered.get(d.decision_id)
  const done = Boolean(a && a.done) || d.cancelled
  $('answer').hidden = d.cancelled
  for (const b of [$('accept'), $('decline')]) b.disabled = done || Boolean(a && a.sending)
  $('answered').textContent = a ? a.text : ''
  $('answered').classList.toggle('failed', Boolean(a && a.failed))
}

// Seen is reported once, when somebody can have seen it.
async function shown(d) {
  if (contact.shown.has(d.decision_id) || document.visibilityState !== 'visible' || d.cancelled) return
  contact.shown.add(d.decision_id)
  const ok = await feedback({decision_id: d.decision_id, outcome: 'shown'})
  if (!ok) contact.shown.delete(d.decision_id)
}

async function feedback(body) {
  const answer = await fetch(`/v1/contacts/${encodeURIComponent(contact.ref)}/feedback`, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  }).catch(() => null)
  return Boolean(answer && answer.ok)
}

async function respond(outcome, reason) {
  const d = contact.now && contact.now.decision
  const before = d && contact.answered.get(d.decision_id)
  if (!d || d.cancelled || before && (before.done || before.sending)) return
  const set = state => { contact.answered.set(d.decision_id, state); if (contact.now.decision.decision_id === d.decision_id) answers(d) }
  set({sending: true, text: say('sending')})
  const body = {decision_id: d.decision_id, outcome}
  if (reason) body.reason = reason
  const ok = await feedback(body)
  set(ok ? {done: true, text: say(outcome === 'accepted' ? 'accepted' : 'declined')} : {failed: true, text: say('not_sent')})
  if (ok) choose(false)
}

function choose(open) {
  if ($('decline').disabled && open) return
  $('reasons').hidden = !open
  $('decline').ariaExpanded = String(open)
  if (open) $('reasons').querySelector('button').focus()
}

function keyed(e) {
  if (!$('keys').checked || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input:not([type=checkbox]), select, textarea')) return
  const key = e.key.toLowerCase()
  if (key === 'a') respond('accepted')
  else if (key === 'd') choose($('reasons').hidden)
  else if (key === 'escape' && !$('reasons').hidden) { choose(false); $('decline').focus() }
  else if (/^[1-5]$/.test(key) && !$('reasons').hidden) decline($('reasons').querySelectorAll('button')[key - 1])
  else return
  e.preventDefault()
}

function decline(button) {
  const reason = button.dataset.reason
  respond(reason === 'something_else' ? 'overridden' : 'rejected', reason)
}

// The id of the call is in the address, under the name that each desktop gives it.
function refOf() {
  const q = new URLSearchParams(location.search)
  for (const name of ['contact_ref', 'conversationid', 'conversationId', 'pcConversationId', 'contactId']) {
    const v = q.get(name)
    if (v && !v.startsWith('{{')) return v
  }
  return ''
}

// A desktop that shows the page all day says which call comes next.
function show(ref) {
  if (ref === contact.ref) return
  contact.stop()
  Object.assign(contact, {ref, now: null})
  delete $('decision').dataset.id
  $('decision').hidden = true
  for (const list of ['alerts', 'badges']) fill($(list), [], el)
  $('waiting').hidden = false
  $('waiting').textContent = say('waiting_for_contact')
  contact.stop = follow(`/v1/contacts/${encodeURIComponent(ref)}/events`, {contact: render})
}

// Which desktop has the page in a frame, and speaks with it: an address of its own for Amazon Connect, and what Genesys
// Cloud adds to an address. Without its word the page is as good as without a frame.
async function openDesktop() {
  const q = new URLSearchParams(location.search)
  const name = document.documentElement.dataset.desktop ?? (q.get('gcHostOrigin') && q.get('gcTargetEnv') ? 'genesys' : '')
  if (!name || parent === window) return
  const desktop = await import(`/static/${name}.js?v=${document.documentElement.dataset.version}`)
  try { contact.lit = desktop.open(show) ?? contact.lit } catch (e) { console.error(e) }
}

function openContact() {
  const ref = refOf()
  if (ref) show(ref)
  else if (!document.documentElement.dataset.desktop || parent === window) {
    $('which').hidden = false
    $('waiting').hidden = true
    return
  }
  openDesktop()
  $('accept').onclick = () => respond('accepted')
  $('decline').onclick = () => choose($('reasons').hidden)
  for (const b of $('reasons').querySelectorAll('button')) b.onclick = () => decline(b)
  $('keys').checked = localStorage.getItem('keys') !== 'off'
  $('keys').onchange = () => localStorage.setItem('keys', $('keys').checked ? 'on' : 'off')
  addEventListener('keydown', keyed)
  document.addEventListener('visibilitychange', () => contact.now && contact.now.decision && shown(contact.now.decision))
  if ($('dispose')) $('dispose').onsubmit = async e => {
    e.preventDefault()
    const ok = await feedback({outcome: 'disposition', reason: $('about').value})
    $('answered').textContent = say(ok ? 'ended_with' : 'not_sent')
  }
  setInterval(() => {
    const c = contact.now
    if (c && ['waiting', 'self_service', 'answered'].includes(c.call.status)) $('status').textContent = say('status_' + c.call.status) + ' ' + lasted(Date.now() - contact.since)
  }, 1000)
}

// ---- the live room

const rows = new Map()

function row(c, at) {
  let r = rows.get(c.contact_ref)
  if (!r) {
    r = {tr: el('tr'), status: el('td'), since: el('td', '', 'num'), reason: el('td'), action: el('td', '', 'cell-action')}
    r.link = el('a')
    r.link.href = `/contact?contact_ref=${encodeURIComponent(c.contact_ref)}&lang=${lang}`
    r.status.append(r.link)
    r.tags = el('div')
    r.status.append(r.tags)
    r.tr.append(r.status, r.since, r.reason, r.action)
    rows.set(c.contact_ref, r)
  }
  r.began = at - c.since_ms
  const set = (e, text) => { if (e.textContent !== text) e.textContent = text }
  set(r.link, say('status_' + c.status))
  r.link.ariaLabel = say('open_contact') + ': ' + say('status_' + c.status)
  fill(r.tags, [c.urgent && 'urgent', c.last_resort && 'lit', c.verify && 'verify'].filter(Boolean), t => el('span', say({urgent: 'urgent', lit: 'last_resort', verify: 'fact_identity_conflict'}[t]), 'tag ' + t))
  set(r.since, lasted(c.since_ms))
  set(r.reason, c.reason ? `${c.reason.words} ${percent(c.reason.p)}` : say('no_reason'))
  set(r.action, c.action ? c.action.words : say('no_action'))
  r.tr.className = c.urgent ? 'urgent' : c.last_resort ? 'lit' : ''
  return r.tr
}

// Rows that stay are left where they are, so that a link keeps its focus.
function place(parent, wanted) {
  wanted.forEach((e, i) => { if (parent.children[i] !== e) parent.insertBefore(e, parent.children[i] ?? null) })
  while (parent.children.length > wanted.length) parent.lastChild.remove()
}

const queues = new Map()
function queueOf(q) {
  let s = queues.get(q.queue)
  if (!s) {
    s = {box: el('section', undefined, 'queue'), counts: el('p', '', 'counts'), body: el('tbody')}
    const head = el('tr')
    for (const name of ['col_status', 'col_since', 'col_reason', 'col_action']) {
      const th = el('th', say(name))
      th.scope = 'col'
      head.append(th)
    }
    const thead = el('thead'), table = el('table')
    thead.append(head)
    table.append(thead, s.body)
    const title = el('h2', q.queue.replaceAll('_', ' ') || say('no_queue'))
    title.id = 'queue-' + queues.size
    table.setAttribute('aria-labelledby', title.id)
    s.box.append(title, s.counts, table)
    queues.set(q.queue, s)
  }
  return s
}

const total = {waiting: 0, lit: 0}
function room(v) {
  currency(v.desk)
  const at = Date.now()
  const seen = new Set()
  place($('queues'), v.queues.map(q => {
    const s = queueOf(q)
    const counts = [say('waiting_n', {n: q.waiting}), say('answered_n', {n: q.answered})]
    if (q.waiting) counts.push(say('longest', {t: lasted(q.longest_wait_ms)}))
    s.counts.textContent = counts.join(' · ')
    if (q.last_resorts) s.counts.append(' · ', el('span', say('last_resort_n', {n: q.last_resorts}), 'tag lit'))
    place(s.body, q.calls.map(c => { seen.add(c.contact_ref); return row(c, at) }))
    return s.box
  }))
  for (const ref of rows.keys()) if (!seen.has(ref)) rows.delete(ref)
  const waiting = v.queues.reduce((n, q) => n + q.waiting, 0), lit = v.queues.reduce((n, q) => n + q.last_resorts, 0)
  $('none').textContent = say('no_calls')
  $('none').hidden = seen.size > 0
  $('more').hidden = !v.more
  $('summary').textContent = seen.size ? [say('waiting_n', {n: waiting}), say('last_resort_n', {n: lit})].join(' · ') : ''
  if (lit > total.lit) $('said').textContent = say('last_resort_n', {n: lit})
  total.waiting = waiting
  total.lit = lit
}

function openLive() {
  follow('/v1/live', {live: room})
  setInterval(() => { for (const r of rows.values()) r.since.textContent = lasted(Date.now() - r.began) }, 1000)
}

async function start() {
  if (page === 'login') return openLogin()
  await session()
  T = await (await fetch(`/static/${lang}.json?v=${document.documentElement.dataset.version}`)).json()
  setInterval(() => currency(), 5000)
  if ($('logout')) $('logout').onclick = async () => { await fetch('/logout', {method: 'POST'}); location.reload() }
  else await admitted()
  if (page === 'contact') openContact()
  if (page === 'live') openLive()
  if (['person', 'health', 'insights'].includes(page)) (await import(`/static/${page}.js?v=${document.documentElement.dataset.version}`)).open({$, el, say, fill, percent, languageName, currency, unable, lang})
}
start()
