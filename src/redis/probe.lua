-- Tries every command that the scripts of this folder need, on scratch keys of the slot, and deletes them. A save that is
-- refused half-way would leave a torn slot, so a user that lacks a command is found here, before the first save.
-- KEYS  1 hash   2 list   3 string   4 stream   5 sorted set   6 a key that never exists
-- Output {command, Redis' words, …} of those that were refused
local refused = {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    refused[#refused + 1] = command
    refused[#refused + 1] = reply.err
  end
end
try('UNLINK', unpack(KEYS))
try('EXISTS', KEYS[1])
try('TYPE', KEYS[1])
try('HSET', KEYS[1], 'a', '1', 'b', '2')
try('HGET', KEYS[1], 'a')
try('HMGET', KEYS[1], 'a', 'b')
try('HGETALL', KEYS[1])
try('HEXISTS', KEYS[1], 'a')
try('HDEL', KEYS[1], 'a')
try('RPUSH', KEYS[2], 'a')
try('LTRIM', KEYS[2], -1, -1)
try('LRANGE', KEYS[2], 0, -1)
try('SET', KEYS[3], 'a')
try('GET', KEYS[3])
try('XADD', KEYS[4], '1-1', 'a', '1')
try('XLEN', KEYS[4])
try('XRANGE', KEYS[4], '-', '+', 'COUNT', 1)
try('XTRIM', KEYS[4], 'MINID', '=', '2-1')
try('ZADD', KEYS[5], 1, 'a')
try('ZRANGEBYSCORE', KEYS[5], '-inf', 1, 'WITHSCORES', 'LIMIT', 0, 1)
try('ZREM', KEYS[5], 'a')
try('DEL', unpack(KEYS))
return refused
