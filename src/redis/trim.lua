-- Drops the notices below a committed C, unless the slot has begun anew meanwhile: C of an earlier life means nothing to it.
-- KEYS  1 head   2 outbox
-- ARGV  1 smallest stream id to keep   2 the incarnation that C belongs to
-- Output number of dropped notices
if redis.call('HGET', KEYS[1], 'incarnation') ~= ARGV[2] then return 0 end
return redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[1])
