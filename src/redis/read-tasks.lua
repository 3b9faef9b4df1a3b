-- Reads tasks together with the W that they are read at.
-- KEYS  1 head, then for each task the same number of keys
-- ARGV  1 one letter for each key of a task: h hash, s string, l list
-- Output {W or false, reply, reply, …} in the order of KEYS
local commands = {h = 'HGETALL', s = 'GET', l = 'LRANGE'}
local shape = ARGV[1]
local replies = {redis.call('HGET', KEYS[1], 'watermark')}
for i = 2, #KEYS do
  local at = (i - 2) % #shape + 1
  local kind = string.sub(shape, at, at)
  local reply
  if kind == 'l' then reply = redis.pcall('LRANGE', KEYS[i], 0, -1) else reply = redis.pcall(commands[kind], KEYS[i]) end
  -- Redis does not say which key was of the wrong type; a person who has to mend it needs to know.
  if type(reply) == 'table' and reply.err then return redis.error_reply('WRONGTYPE ' .. KEYS[i]) end
  replies[i] = reply
end
return replies
