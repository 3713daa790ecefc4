// How the process is: first whether all is well, then what is not, then the figures.
export function open({$, el, say, fill, currency, lang}) {
  const order = ['lost', 'time', 'lag', 'restore', 'rejected', 'late', 'webhooks']
  const number = new Intl.NumberFormat(lang, {maximumFractionDigits: 1})
  const lasts = s => s < 120 ? `${number.format(s)} s` : s < 7200 ? `${number.format(s / 60)} min` : s < 172800 ? `${number.format(s / 3600)} h` : say('days', {n: number.format(s / 86400)})
  const value = m => m.unit === 's' ? lasts(m.value) : number.format(m.value)
  const named = m => say('m_' + m.name) + (m.detail ? `: ${m.detail}` : '')

  function rowsOf(h) {
    const hooks = h.webhooks.flatMap(w => [
      {group: 'webhooks', name: 'hook_waiting', detail: w.name, value: w.waiting, unit: '', state: w.waiting > 1000 ? 'warn' : 'ok'},
      {group: 'webhooks', name: 'hook_dead', detail: w.name, value: w.dead, unit: '', state: w.dead > 0 ? 'warn' : 'ok'},
    ])
    return [...h.measures, ...hooks]
  }

  function render(h) {
    currency(h.desk)
    const rows = rowsOf(h)
    const troubles = rows.filter(m => m.state !== 'ok').sort((a, b) => (a.state === 'bad' ? 0 : 1) - (b.state === 'bad' ? 0 : 1))
    const bad = troubles.some(m => m.state === 'bad')
    const text = troubles.length || !h.desk.current ? say(bad ? 'verdict_bad' : 'verdict_warn') : say('verdict_ok')
    if ($('verdict').textContent !== text) $('verdict').textContent = text
    $('verdict').className = 'verdict ' + (bad ? 'bad' : troubles.length || !h.desk.current ? 'warn' : 'ok')
    fill($('troubles'), troubles.map(m => [m.state, `${named(m)} ${value(m)}`]), ([state, line]) => el('li', line, state))
    fill($('groups'), order.map(g => [g, rows.filter(m => m.group === g).map(m => [m.state, named(m), value(m)])]).filter(([, list]) => list.length), ([g, list]) => {
      const box = el('section', undefined, 'queue'), title = el('h2', say('g_' + g)), table = el('table'), body = el('tbody')
      title.id = 'g-' + g
      table.setAttribute('aria-labelledby', title.id)
      for (const [state, name, v] of list) {
        const tr = el('tr'), th = el('th', name)
        th.scope = 'row'
        tr.append(th, el('td', v, 'num'), el('td', say('state_' + state), 'state ' + state))
        body.append(tr)
      }
      table.append(body)
      box.append(title, table)
      return box
    })
    $('about').textContent = say('about_desk', {instance: h.instance, version: h.version || '–', streams: h.streams})
  }

  async function look() {
    const answer = await fetch('/v1/health').catch(() => null)
    if (answer && answer.ok) render(await answer.json())
    else {
      $('verdict').textContent = say(answer && (answer.status === 401 || answer.status === 403) ? 'not_allowed' : 'lost')
      $('verdict').className = 'verdict bad'
    }
  }
  look()
  setInterval(look, 5000)
}
