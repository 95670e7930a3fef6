import { isMet, type Measurement } from './row.ts'

const HEADINGS = ['what', 'figure', 'budget', 'met']

/** The measurements as a table, and below it how each came about. */
export function formatTable(measurements: readonly Measurement[]): string {
  const lines = [HEADINGS, ...measurements.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const [head = '', ...body] = lines.map(line =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const details = measurements
    .filter(measurement => measurement.details.length > 0)
    .map(({ what, details }) => [what, ...details.map(detail => `  ${detail}`)].join('\n'))
  return [head, '-'.repeat(head.length), ...body, '', ...details].join('\n')
}

function cellsOf(measurement: Measurement): string[] {
  const { what, figure, unit, digits, budget } = measurement
  const met = isMet(measurement)
  const limit = budget === null ? '' : 'max' in budget ? `≤ ${budget.max}` : `≥ ${budget.min}`
  return [
    what,
    `${figure.toFixed(digits)}${unit === undefined ? '' : ` ${unit}`}`,
    limit,
    met === null ? '' : met ? 'yes' : 'NO',
  ]
}
