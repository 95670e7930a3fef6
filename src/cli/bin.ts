#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: half of a short command's time is the compiling of its own code.
enableCompileCache()
void import('./main.ts').then(({ main }) => main())
