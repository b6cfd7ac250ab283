#!/usr/bin/env node
console.log("polyseme");
