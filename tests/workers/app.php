<?php
// SPDX-License-Identifier: MIT
// For php-cgi: does what its query says; vocabulary.md has the words.
$nonce = $_GET['nonce'] ?? '';
$length = 0;
$sum = 0;
$body = fopen('php://input', 'rb');
while (($bytes = fread($body, 8192)) !== false && $bytes !== '') {
    $length += strlen($bytes);
    $sum += array_sum(unpack('C*', $bytes));
}
$leaked = str_repeat('x', 1024 * (int) ($_GET['leak'] ?? 0));
$page = crc32($nonce) % 8;
for ($i = 0; $i < (int) ($_GET['rules'] ?? 0); ++$i) {
    preg_match("/page $page rule $i: " . str_repeat('(alpha|beta|gamma)?[^\d\s]{2,5}', 12) . '/u', '');
}
for ($i = 0; $i < (int) ($_GET['spawn'] ?? 0); ++$i) {
    exec('true');
}
$until = hrtime(true) + 1000000 * (int) ($_GET['sleep'] ?? 0);
while (($left = $until - hrtime(true)) > 0) {
    usleep(intdiv($left, 1000) + 1);
}
$answer = "nonce=$nonce length=$length sum=$sum pid=" . getmypid() . " end=$nonce\n";
header('Content-Type: text/plain');
header('Content-Length: ' . strlen($answer));
echo $answer;
