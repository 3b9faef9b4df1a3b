-- Reads when which tasks are to be looked at, together with the W that this is read at.
-- KEYS  1 head   2 looks
-- ARGV  1 looks before this   2 at most how many
-- Output {W or false, {member, score, member, ...} in the order of the set}
local looks = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
return {redis.call('HGET', KEYS[1], 'watermark'), looks}
