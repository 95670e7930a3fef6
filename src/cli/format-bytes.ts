/** For people: `512 B`, `34 KiB`, `2.1 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KiB`
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
