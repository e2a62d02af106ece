#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# A FastCGI responder in Perl that does what its query says; vocabulary.md has the words.
use strict;
use warnings;
use FCGI;
use Time::HiRes qw(clock_gettime clock_nanosleep CLOCK_MONOTONIC);

my @leaked;
my $request = FCGI::Request();

sub sleep_ms {
    my $until = clock_gettime(CLOCK_MONOTONIC) + $_[0] / 1000;
    while ((my $left = $until - clock_gettime(CLOCK_MONOTONIC)) > 0) {
        clock_nanosleep(CLOCK_MONOTONIC, $left * 1e9);
    }
}

while ($request->Accept() >= 0) {
    my %word = map { my ($name, $value) = split /=/, $_, 2; ($name, $value // '') }
        split /&/, $ENV{QUERY_STRING} // '';
    my $nonce = $word{nonce} // '';
    my ($length, $sum) = (0, 0);
    while (my $got = read(STDIN, my $bytes, 8192)) {
        $length += $got;
        $sum += $_ for unpack 'C*', $bytes;
    }
    push @leaked, 'x' x ($word{leak} * 1024) if $word{leak};
    system('true') == 0 or die for 1 .. $word{spawn} // 0;
    sleep_ms($word{sleep}) if $word{sleep};
    select undef, undef, undef, $word{nap} / 1000 if $word{nap};
    exit $word{exit} if defined $word{exit};
    if ($word{die}) {
        untie *STDERR; # FCGI.pm ties it to the web server
        $! = 0;
        die "no basket\n";
    }
    my $answer = "nonce=$nonce length=$length sum=$sum pid=$$ end=$nonce\n";
    print "Content-Type: text/plain\r\nContent-Length: ", length($answer), "\r\n\r\n", $answer;
}
