#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# A CGI program for fcgiwrap that does what its query says; vocabulary.md has the words.
use strict;
use warnings;
use Time::HiRes qw(sleep);

my %word = map { my ($name, $value) = split /=/, $_, 2; ($name, $value // '') } split /&/, $ENV{QUERY_STRING} // '';
my $nonce = $word{nonce} // '';
my ($length, $sum) = (0, 0);
while (my $got = read(STDIN, my $bytes, 8192)) {
    $length += $got;
    $sum += $_ for unpack 'C*', $bytes;
}
sleep($word{sleep} / 1000) if $word{sleep};
my $answer = "nonce=$nonce length=$length sum=$sum pid=$$ end=$nonce\n";
print "Content-Type: text/plain\r\nContent-Length: ", length($answer), "\r\n\r\n", $answer;
