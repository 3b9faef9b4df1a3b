-- Reads pending notices together with the W that they are read at, and the log time of the last record below it.
-- KEYS  1 head   2 outbox
-- ARGV  1 first stream id   2 at most how many
-- Output {W or false, log time or false, entries}
local found = redis.call('HMGET', KEYS[1], 'watermark', 'clock.log_time')
return {found[1], found[2], redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])}
