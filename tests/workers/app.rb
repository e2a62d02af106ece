#!/usr/bin/ruby
# SPDX-License-Identifier: MIT
# A FastCGI responder in Ruby that does what its query says; vocabulary.md has the words.
require 'fcgi'

leaked = []
FCGI.each do |request|
  word = (request.env['QUERY_STRING'] || '').split('&').to_h { |pair| [*pair.split('=', 2), ''].first(2) }
  body = request.in.read || ''
  leaked << 'x' * (word['leak'].to_i * 1024) if word['leak']
  word['spawn'].to_i.times { system('true') or abort }
  sleep(word['sleep'].to_i / 1000.0) if word['sleep']
  Process.kill(word['crash'] == 'segv' ? :SEGV : :ABRT, $$) if word['crash']
  exit!(word['exit'].to_i) if word['exit']
  raise 'no basket' if word['die']
  nonce = word['nonce'].to_s
  answer = "nonce=#{nonce} length=#{body.bytesize} sum=#{body.each_byte.sum} pid=#{$$} end=#{nonce}\n"
  # No Content-Length: lighttpd would close as soon as it has that many bytes, and fcgi.rb dies of the ECONNRESET that its last
  # record then meets.
  request.out.print "Content-Type: text/plain\r\n\r\n#{answer}"
  request.finish
end
