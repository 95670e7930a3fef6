export { handoffWebSockets } from './ws/handoff-websockets.ts'
export type { WebSocketHandoffOptions } from './ws/options.ts'
