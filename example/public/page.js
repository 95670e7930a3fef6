const INTERVAL_MS = 250

/** Answers to this page, by who gave them. */
const answers = new Map([['no answer', 0]])

function show(id, value) {
  document.getElementById(id).textContent = value
}

function count(who) {
  answers.set(who, (answers.get(who) ?? 0) + 1)
  const rows = [...answers].map(([name, number]) => {
    const row = document.createElement('tr')
    for (const text of [name, String(number)]) row.insertCell().textContent = text
    return row
  })
  document.getElementById('answers').replaceChildren(...rows)
}

async function refresh() {
  try {
    const response = await fetch('/api/status', { cache: 'no-store' })
    if (!response.ok) throw new Error(`status ${response.status}`)
    const { version, accent, pid, uptimeSeconds, requests } = await response.json()
    document.documentElement.style.setProperty('--accent', accent)
    show('version', version)
    show('pid', pid)
    show('uptime', `${uptimeSeconds} s`)
    show('requests', requests)
    count(`release ${version}`)
  } catch {
    count('no answer')
  }
  setTimeout(refresh, INTERVAL_MS)
}

refresh()
