/** Given to every peer with `--require`, after the preload of `src/peer/`: the engine of hot upgrades goes here. */
export {}
