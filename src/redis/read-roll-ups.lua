-- Reads shares of jobs or engines, with how far the slot is folded.
-- KEYS  1 head, then the hash of each share
-- Output {{W or false, log time of the last folded record or false}, the fields of each share, flat}
local replies = {redis.call('HMGET', KEYS[1], 'watermark', 'clock.log_time')}
for i = 2, #KEYS do replies[i] = redis.call('HGETALL', KEYS[i]) end
return replies
