-- Reads tasks together with the W that they are read at.
-- KEYS  1 head, then for each task the same number of keys
-- ARGV  1 one letter for each key of a task: h hash, s string, l list
-- Output {W or false, the replies in the order of KEYS as one msgpack array: a hash as {field, value, …}, absent string as false}
local commands = {h = 'HGETALL', s = 'GET', l = 'LRANGE'}
local shape = ARGV[1]
local replies = {}
for i = 2, #KEYS do
  local at = (i - 2) % #shape + 1
  local kind = string.sub(shape, at, at)
  local reply
  if kind == 'l' then reply = redis.pcall('LRANGE', KEYS[i], 0, -1) else reply = redis.pcall(commands[kind], KEYS[i]) end
  -- Redis does not say which key was of the wrong type; a person who has to mend it needs to know.
  if type(reply) == 'table' and reply.err then return redis.error_reply('WRONGTYPE ' .. KEYS[i]) end
  replies[i - 1] = reply
end
return {redis.call('HGET', KEYS[1], 'watermark'), cmsgpack.pack(replies)}
