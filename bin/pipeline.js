#!/bin/sh
':' //; trap RESTAGE_HANGUP=heeded HUP; export RESTAGE_HANGUP=ignored; kill -HUP $$; exec node --max-semi-space-size=4 "$0" "$@"
// The command under its other name. restage.js explains the line above.
require('./restage.js');
