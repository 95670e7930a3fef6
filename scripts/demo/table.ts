import type { Clients } from './load.ts'

/** What became of every request: a row for each version and for failures, a column for each kind of client. */
export function formatTable(clients: Clients[], versions: readonly string[]): string {
  const answers = versions.map(version => [
    `answered by ${version}`,
    ...clients.map(({ answers }) => answers.get(version) ?? 0),
  ])
  const rows = [
    ['', ...clients.map(({ kind }) => kind)],
    ['requests', ...clients.map(({ requests }) => requests)],
    ...answers,
    ['failed', ...clients.map(({ failures }) => sum(failures.values()))],
    ...reasons(clients),
  ]
  return rows.map(([name, ...cells]) => `  ${String(name).padEnd(22)}${cells.map(cell).join('')}`).join('\n')
}

/** The share of requests that have no correct answer, whatever the reason. */
export function failuresOf(clients: Clients[], versions: readonly string[]): number {
  const good = clients.flatMap(({ answers }) => versions.map(version => answers.get(version) ?? 0))
  return sum(clients.map(({ requests }) => requests)) - sum(good)
}

function reasons(clients: Clients[]): (string | number)[][] {
  const all = new Set(clients.flatMap(({ failures }) => [...failures.keys()]))
  return [...all].map(reason => [`  ${reason}`, ...clients.map(({ failures }) => failures.get(reason) ?? 0)])
}

const cell = (value: string | number | undefined) =>
  (typeof value === 'number' ? value.toLocaleString('en') : (value ?? '')).padStart(20)

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0)
