#!/usr/bin/node
// SPDX-License-Identifier: MIT
// A FastCGI responder in Node.js that does what its query says; vocabulary.md has the words. One thread, any number of requests
// at once.
'use strict';
const fastcgi = require('node-fastcgi');
const { spawn } = require('child_process');

const leaked = [];

async function spawnOne() {
    const child = spawn('true', { stdio: 'ignore' });
    const status = await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
    if (status !== 0) {
        throw new Error(`true ended with ${status}`);
    }
}

async function obey(word) {
    if (word.has('leak')) {
        leaked.push(Buffer.alloc(1024 * Number(word.get('leak')), 'x'));
    }
    for (let left = Number(word.get('spawn')); left > 0; --left) {
        await spawnOne();
    }
    if (word.has('sleep')) {
        await new Promise((resolve) => setTimeout(resolve, Number(word.get('sleep'))));
    }
}

async function answer(request, response) {
    const word = new URLSearchParams(request.url.split('?')[1]);
    let length = 0;
    let sum = 0;
    for await (const bytes of request) {
        length += bytes.length;
        sum += bytes.reduce((total, byte) => total + byte, 0);
    }
    await obey(word);
    const nonce = word.get('nonce') ?? '';
    const text = `nonce=${nonce} length=${length} sum=${sum} pid=${process.pid} end=${nonce}\n`;
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': text.length });
    response.end(text);
}

const server = fastcgi.createServer(answer);
process.once('SIGTERM', () => server.close()); // ends once all are answered
server.listen();
