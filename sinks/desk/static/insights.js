// The boards: one query a panel, shown as a figure, lines, bars or a table. Every chart has its figures beneath it, for those
// who do not see it and those who want the number.
export function open({$, el, say, lang}) {
  const known = {zone: 'UTC', boards: [], queues: [], columns: {}, values: {}}
  const named = c => known.columns[c] ?? c
  const charts = []
  let round = 0

  const plain = new Intl.NumberFormat(lang, {maximumFractionDigits: 2})
  const shares = new Intl.NumberFormat(lang, {style: 'percent', maximumFractionDigits: 1})
  const lasts = s => s < 120 ? `${plain.format(Math.round(s * 10) / 10)} s` : s < 7200 ? `${plain.format(Math.round(s / 6) / 10)} min` : `${plain.format(Math.round(s / 360) / 10)} h`
  const figure = (v, unit) => v === null || v === undefined ? '–' : unit === 'share' ? shares.format(v) : unit === 'seconds' ? lasts(v) : plain.format(v)
  const moment = () => new Intl.DateTimeFormat(lang, {timeZone: known.zone, dateStyle: 'short', timeStyle: 'short'})
  const date = () => new Intl.DateTimeFormat(lang, {timeZone: 'UTC', dateStyle: 'medium'})
  const isMoment = v => typeof v === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(v)

  function cell(v, unit, column) {
    if (typeof v === 'number') return figure(v, unit)
    if (v === null) return '–'
    if (isMoment(v)) return (v.endsWith('T00:00:00Z') ? date() : moment()).format(new Date(v))
    return v === '' ? say('not_known') : known.values[column]?.[v] ?? String(v)
  }

  function table(columns, rows, unitOf, label) {
    const box = el('div', undefined, 'scroll'), t = el('table'), head = el('tr'), body = el('tbody'), top = el('thead')
    // It scrolls where it is too wide, and so must be reached by keyboard.
    box.tabIndex = 0
    box.setAttribute('role', 'region')
    box.setAttribute('aria-label', `${label}: ${say('figures')}`)
    for (const c of columns) {
      const th = el('th', named(c))
      th.scope = 'col'
      head.append(th)
    }
    top.append(head)
    for (const r of rows) {
      const tr = el('tr')
      r.forEach((v, i) => tr.append(el('td', cell(v, unitOf(columns[i]), columns[i]), typeof v === 'number' ? 'num' : '')))
      body.append(tr)
    }
    t.append(top, body)
    box.append(t)
    return box
  }

  function beneath(panel, a, unitOf) {
    const more = el('details'), title = el('summary', say('figures'))
    more.append(title, table(a.columns, a.rows, unitOf, panel.title))
    return more
  }

  const styles = ['', [8, 4], [2, 3], [12, 3, 2, 3], [1, 6]]
  function lines(box, panel, a) {
    const css = getComputedStyle(document.body), ink = css.getPropertyValue('color')
    const hues = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5'].map(n => css.getPropertyValue(n).trim() || ink)
    const place = el('div', undefined, 'chart')
    place.setAttribute('role', 'img')
    place.setAttribute('aria-label', `${panel.title}: ${a.columns.slice(1).map(named).join(', ')}`)
    box.append(place)
    const data = a.columns.map((_, i) => a.rows.map(r => i === 0 ? new Date(r[0]).getTime() / 1000 : r[i]))
    const faint = css.getPropertyValue('--line').trim() || ink, axis = {stroke: ink, grid: {stroke: faint, width: 1}, ticks: {stroke: faint, width: 1}}
    const chart = new uPlot({
      width: Math.max(place.clientWidth, 240), height: 220,
      tzDate: ts => uPlot.tzDate(new Date(ts * 1000), known.zone),
      scales: {y: {range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.05 : 1]}},
      axes: [axis, {...axis, size: 62, values: (_, ticks) => ticks.map(v => figure(v, panel.unit))}],
      // Colour alone tells no line from another: each is dashed otherwise, too.
      series: [{value: (_, v) => v === null ? '–' : moment().format(new Date(v * 1000))}, ...a.columns.slice(1).map((name, i) => ({
        label: named(name), stroke: hues[i % 5], width: 2, dash: styles[i % 5] || undefined, spanGaps: true, points: {show: a.rows.length < 40}, value: (_, v) => figure(v, panel.unit),
      }))],
    }, data, place)
    charts.push({chart, place})
    box.append(beneath(panel, a, c => c === 'time' ? '' : panel.unit))
  }

  function bars(box, panel, a) {
    const most = Math.max(...a.rows.flatMap(r => r.slice(1)).filter(v => v !== null), 0) || 1
    const list = el('div', undefined, 'bars')
    list.setAttribute('aria-hidden', 'true')
    for (const r of a.rows) {
      const group = el('div', undefined, 'bargroup')
      r.slice(1).forEach((v, i) => {
        const bar = el('div', undefined, 'column column-' + (i + 1))
        bar.style.height = `${Math.round(100 * (v ?? 0) / most)}%`
        bar.title = `${named(a.columns[i + 1])} ${figure(v, panel.unit)}`
        group.append(bar)
      })
      const labelled = el('div', undefined, 'labelled')
      labelled.append(group, el('span', String(r[0])))
      list.append(labelled)
    }
    const key = el('p', undefined, 'key')
    a.columns.slice(1).forEach((name, i) => key.append(el('span', named(name), 'key-' + (i + 1))))
    box.append(key, list, beneath(panel, a, c => c === a.columns[0] ? '' : panel.unit))
  }

  function show(box, panel, a) {
    if (!a.rows.length) return box.append(el('p', say('nothing_here'), 'more'))
    if (panel.kind === 'figure') box.append(el('p', figure(a.rows[0][0], panel.unit), 'big'))
    if (panel.kind === 'lines') lines(box, panel, a)
    if (panel.kind === 'bars') bars(box, panel, a)
    if (panel.kind === 'table') box.append(table(a.columns, a.rows, c => panel.shares.includes(c) ? 'share' : '', panel.title))
    if (a.more) box.append(el('p', say('more_rows', {n: a.rows.length}), 'more'))
  }

  // The first moment of today, where the site is.
  function midnight(now) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', {timeZone: known.zone, hour12: false, hour: 'numeric', minute: 'numeric', second: 'numeric'}).formatToParts(now).map(p => [p.type, p.value]))
    return new Date(now - ((+parts.hour % 24) * 3600 + +parts.minute * 60 + +parts.second) * 1000)
  }

  function query(board) {
    const now = Math.ceil((known.now + Date.now() - known.at) / 60000) * 60000, range = $('range').value
    const from = range === 'today' ? midnight(now) : new Date(now - range * 86400000)
    const q = new URLSearchParams({from: new Date(from).toISOString(), to: new Date(now).toISOString()})
    if (board.queues && $('queue').value) q.append('queue', $('queue').value)
    return q
  }

  async function draw(keep) {
    const mine = ++round, address = new URLSearchParams(location.search)
    const board = known.boards.find(b => b.name === address.get('board')) ?? known.boards[0]
    $('title').textContent = board.title
    document.title = `${board.title} · ${say('desk')}`
    $('board-about').textContent = board.about + (known.past ? ' ' + say('ends_at', {t: moment().format(known.now)}) : '')
    $('queue-label').hidden = !board.queues
    for (const a of $('boards').children) {
      if (a.dataset.name === board.name) a.setAttribute('aria-current', 'page')
      else a.removeAttribute('aria-current')
    }
    if (!keep) $('waiting').textContent = say('loading')
    const q = query(board)
    const answers = await Promise.all(board.panels.map((_, i) => fetch(`/v1/insights/${board.name}/${i}?${q}`).then(r => r.ok ? r.json() : null).catch(() => null)))
    if (mine !== round) return // somebody has asked for something else meanwhile
    charts.splice(0).forEach(c => c.chart.destroy())
    const opened = new Set([...$('panels').querySelectorAll('details[open]')].map(d => d.closest('section').dataset.title))
    const boxes = board.panels.map((p, i) => {
      const box = el('section', undefined, `panel ${p.kind}${p.wide ? ' wide' : ''}`), title = el('h2', p.title)
      box.dataset.title = p.title
      title.id = 'panel-' + i
      box.setAttribute('aria-labelledby', title.id)
      box.append(title)
      if (p.about) box.append(el('p', p.about, 'about'))
      return box
    })
    $('panels').replaceChildren(...boxes)
    board.panels.forEach((p, i) => {
      if (answers[i]) show(boxes[i], p, answers[i])
      else boxes[i].append(el('p', say('no_answer'), 'stale'))
      const d = boxes[i].querySelector('details')
      if (keep && d && opened.has(p.title)) d.open = true
    })
    $('waiting').textContent = answers.some(a => a) ? '' : say('no_clickhouse')
  }

  function opensWith(board) {
    return board.from === 'now/d' ? 'today' : ({'now-24h': '1', 'now-7d': '7', 'now-30d': '30', 'now-90d': '90'})[board.from] ?? '30'
  }

  function go(address) {
    history.pushState(null, '', '?' + address)
    draw()
  }

  function take(answer) {
    Object.assign(known, answer, {now: Date.parse(answer.now), at: Date.now()})
    // A time-lapse, or a log of the past: the boards end with it, and say so.
    known.past = Math.abs(known.at - known.now) > 3600000
  }

  async function again() {
    if (document.hidden) return
    const answer = await fetch(`/v1/insights?lang=${lang}`).catch(() => null)
    if (answer && answer.ok) take(await answer.json())
    draw(true)
  }

  async function begin() {
    const answer = await fetch(`/v1/insights?lang=${lang}`).catch(() => null)
    if (!answer || !answer.ok) {
      $('waiting').textContent = say(answer && (answer.status === 401 || answer.status === 403) ? 'not_allowed' : 'no_clickhouse')
      if (answer && answer.status === 503) setTimeout(begin, 5000)
      return
    }
    take(await answer.json())
    for (const b of known.boards) {
      const a = el('a', b.title)
      a.href = '?board=' + b.name
      a.dataset.name = b.name
      a.addEventListener('click', e => {
        e.preventDefault()
        $('range').value = opensWith(b)
        go(new URLSearchParams({board: b.name, range: $('range').value}))
      })
      $('boards').append(a)
    }
    for (const q of known.queues) {
      const o = el('option', q)
      o.value = q
      $('queue').append(o)
    }
    const restore = () => {
      const address = new URLSearchParams(location.search), board = known.boards.find(b => b.name === address.get('board')) ?? known.boards[0]
      $('range').value = address.get('range') ?? opensWith(board)
      if (!$('range').value) $('range').value = opensWith(board)
    }
    restore()
    $('span').addEventListener('change', () => {
      const address = new URLSearchParams(location.search)
      address.set('range', $('range').value)
      go(address)
    })
    $('span').addEventListener('submit', e => e.preventDefault())
    addEventListener('popstate', () => { restore(); draw() })
    addEventListener('resize', () => charts.forEach(c => c.chart.setSize({width: Math.max(c.place.clientWidth, 240), height: 220})))
    draw()
    setInterval(again, known.past ? 15000 : 60000)
  }
  begin()
}
