// One person: what is known, and the way here across channels, with what was expected and decided on the way.
export function open({$, el, say, fill, percent, languageName, currency, unable, lang}) {
  const ref = new URLSearchParams(location.search).get('person_ref')
  if (!ref) {
    $('which').hidden = false
    $('waiting').hidden = true
    return
  }
  const base = `/v1/persons/${encodeURIComponent(ref)}`
  const plain = code => code.replaceAll('_', ' ')
  const when = text => new Date(text).toLocaleString(lang, {dateStyle: 'medium', timeStyle: 'short'})

  let away = false
  async function ask(path) {
    const answer = await fetch(base + path).catch(() => null)
    if (answer && answer.ok) return answer.json()
    if ((away = await unable(answer))) return null
    $('waiting').hidden = false
    $('waiting').textContent = say(!answer ? 'asked_failed' : answer.status === 401 || answer.status === 403 ? 'not_allowed' : answer.status === 404 ? 'no_person' : 'asked_failed')
    return null
  }

  const worded = {language: v => languageName(v), effort: v => percent(Math.min(1, v)), frustration: v => percent(v)}
  function about(p) {
    fill($('facts'), p.known, k => {
      const row = el('div')
      row.append(el('dt', say('p_' + k.name)), el('dd', `${(worded[k.name] ?? String)(k.value)} (${say('source_' + k.source)})`))
      return row
    })
    fill($('open_loops'), p.open_loops, l => el('li', `${say('open_loop')}: ${plain(l.kind)}, ${l.reason.words}`))
    fill($('needs'), p.needs, n => el('li', plain(n.code), 'must'))
  }

  function step(s) {
    const li = el('li', undefined, 'step ' + s.channel)
    const time = el('time', when(s.occurred_at))
    time.dateTime = s.occurred_at
    li.append(time, el('span', say('ch_' + s.channel), 'tag'), el('span', [say('e_' + s.event), s.reason && s.reason.words, s.queue && plain(s.queue)].filter(Boolean).join(' · ')))
    return li
  }

  function decision(d) {
    const li = el('li', undefined, 'step decided')
    const time = el('time', when(d.as_of))
    time.dateTime = d.as_of
    const expected = el('span', d.reason ? say('expected', {reason: d.reason.words, p: percent(d.reason.p)}) : say('no_reason'))
    const calls = el('span', say('calls_within_a_day', {p: percent(d.p_24h)}))
    const box = el('details'), head = el('summary', (d.cancelled ? say('withdrawn') : d.action.words))
    box.append(head, el('p', say('loading')))
    box.ontoggle = async () => {
      if (!box.open || box.dataset.read) return
      const r = await ask('/decisions/' + encodeURIComponent(d.decision_id))
      if (!r) return
      box.dataset.read = 'yes'
      box.replaceChildren(head, ...receipt(r))
    }
    li.append(time, el('span', say('decided'), 'tag lit'), expected, calls, box)
    return li
  }

  function list(title, items) {
    if (items.length === 0) return []
    const ul = el('ul')
    ul.append(...items.map(text => el('li', text)))
    return [el('h3', title), ul]
  }

  // What would change a decision is told only where the receipt knows: by how much an action was worth less, or which rule kept it out.
  function changes(r) {
    const out = []
    for (const o of r.others) {
      if (o.stage === 'arbitration' && o.short > 0) out.push(say('change_worth', {action: o.words, d: new Intl.NumberFormat(lang, {maximumFractionDigits: 3}).format(o.short)}))
      else if (o.stage === 'holdout') out.push(say('change_holdout', {action: o.words}))
      else if (o.rule && ['eligibility', 'applicability', 'suitability', 'contact_policy'].includes(o.stage)) out.push(say('change_rule', {action: o.words, rule: plain(o.rule)}))
    }
    return out
  }

  function receipt(r) {
    const changed = changes(r)
    return [
      el('p', r.decision.brief),
      ...list(say('why'), r.weights.map(w => w.words)),
      ...list(say('what_would_change'), changed.length ? changed : [say('nothing_known')]),
      ...list(say('lost_to'), r.others.map(o => `${o.words}: ${o.why}`)),
      el('p', say('versions', {policy: r.policy_version || '–', model: r.model_version || '–'}), 'quiet'),
    ]
  }

  const all = new Map()
  let next = '', decisions = []
  function show() {
    const steps = [...all.values()]
    const oldest = next && steps.length ? steps.reduce((t, s) => s.occurred_at < t ? s.occurred_at : t, '9') : ''
    // A decision that is older than the oldest step that was read waits for its page.
    const items = [...steps.map(s => ({at: s.occurred_at, id: 's' + s.event_id, make: () => step(s)})), ...decisions.filter(d => d.as_of >= oldest).map(d => ({at: d.as_of, id: 'd' + d.decision_id, make: () => decision(d)}))]
    items.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? -1 : 1))
    const have = new Map([...$('journey').children].map(e => [e.dataset.id, e]))
    $('journey').replaceChildren(...items.map(i => {
      const e = have.get(i.id) ?? i.make()
      e.dataset.id = i.id
      return e
    }))
    $('older').hidden = !next
  }

  async function page() {
    const j = await ask('/journey' + (next ? '?before=' + encodeURIComponent(next) : ''))
    if (!j) return
    for (const s of j.steps) all.set(s.event_id, s)
    next = j.next
    show()
  }

  async function begin() {
    const p = await ask('')
    if (!p && away) setTimeout(begin, 5000)
    if (!p) return
    currency(p.desk)
    $('waiting').hidden = true
    $('known').hidden = false
    decisions = p.decisions
    about(p)
    show()
    await page()
  }
  $('older').onclick = async () => {
    const last = $('journey').lastElementChild
    await page()
    const first = last?.nextElementSibling
    if (first) { first.tabIndex = -1; first.focus() }
  }
  begin()
}
