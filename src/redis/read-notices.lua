-- Reads pending notices together with the W that they are read at.
-- KEYS  1 head   2 outbox
-- ARGV  1 first stream id   2 at most how many
-- Output {W or false, entries}
return {redis.call('HGET', KEYS[1], 'watermark'), redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2])}
