/** The environment for a process of ours: the application's options for Node.js (a debugger's port, a preload) are not meant for it. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env
  return env
}
