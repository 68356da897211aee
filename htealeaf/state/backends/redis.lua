-- The journal in Redis, format 1: one script for each question, each with the part before the first.
--
-- | key, all with one hash tag | holds |
-- |---|---|
-- | {NAME}:journal | hash: format, epoch, place, n, oldest |
-- | {NAME}:heads   | hash: stream -> number of its last entry, when it was last in use (ms) |
-- | {NAME}:names   | sorted set, all with score 0: streams that have a document |
-- | {NAME}:log     | stream: the entries, NUMBER-PART -> stream, effects, when (ms) |
-- | {NAME}:once    | hash: one-time id -> state, holder, until (ms), outcome, number |
-- | {NAME}:ids     | sorted set: one-time ids by when they were last written (ms) |
-- | {NAME}:s:STREAM | list of pairs: "dNUMBER", document; then "NUMBER:NUMBER BEFORE", effects |
--
-- Rule 1: a script checks everything, types of keys included, before it writes anything: what one
-- that fails has written stays.
--
-- Rule 2: each looks whether this is the server, and the history, that the numbers belong to. If
-- not, it answers with no epoch and has changed nothing; `greet` then begins a new one.
--
-- Rule 3: nothing here has a time to live. What Redis forgets by itself is gone without an entry.

local JOURNAL, HEADS, NAMES, LOG, ONCE, IDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local function text(n) return string.format('%.0f', n) end

local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function place()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') .. '/' ..
        string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

local function line()
    local j = redis.call('HMGET', JOURNAL, 'epoch', 'place', 'n', 'oldest')
    local epoch = j[2] == place() and j[1] or ''
    return epoch, tonumber(j[3] or '0'), tonumber(j[4] or '0')
end

local function head(value)
    if not value then return 0, 0 end
    local n, at = string.match(value, '(%d+):(%d+)')
    return tonumber(n), tonumber(at)
end

local function known(id, now, lifetime)
    local stored, at = redis.call('HGET', ONCE, id), redis.call('ZSCORE', IDS, id)
    if not stored or not at or tonumber(at) <= now - lifetime then return nil end
    return cmsgpack.unpack(stored)
end

local function behind(n, count)
    local from = text(n + 1) .. '-0'
    if not count then return redis.call('XRANGE', LOG, from, '+') end
    local found = redis.call('XRANGE', LOG, from, '+', 'COUNT', count)
    if #found == tonumber(count) then
        -- The entries of one number stay together.
        local last = found[#found][1]
        local rest = redis.call('XRANGE', LOG, '(' .. last, string.match(last, '%d+'))
        for _, entry in ipairs(rest) do found[#found + 1] = entry end
    end
    return found
end

-- ## greet: format, fresh epoch
local here = place()
local j = redis.call('HMGET', JOURNAL, 'format', 'place', 'epoch')
if j[1] and j[1] ~= ARGV[1] then return {'', j[1]} end
if not j[3] then
    if redis.call('EXISTS', HEADS, NAMES, LOG) > 0 then return {'', 'lost'} end
    redis.call('HSET', JOURNAL, 'format', ARGV[1], 'epoch', ARGV[2], 'place', here, 'n', 0, 'oldest', 0)
elseif j[2] ~= here then
    redis.call('HSET', JOURNAL, 'epoch', ARGV[2], 'place', here)
end
return {redis.call('HGET', JOURNAL, 'epoch'), ''}

-- ## cut: epoch, the highest number that was seen, fresh epoch
local epoch, n = line()
if epoch == ARGV[1] and n < tonumber(ARGV[2]) then redis.call('HSET', JOURNAL, 'epoch', ARGV[3]) end
return 0

-- ## describe:
local epoch, n, oldest = line()
return {epoch, n, oldest, redis.call('HLEN', HEADS), redis.call('HLEN', ONCE)}

-- ## load: stream
local epoch, n, oldest = line()
return {epoch, n, oldest, (head(redis.call('HGET', HEADS, ARGV[1]))), redis.call('LRANGE', KEYS[7], 0, -1)}

-- ## behind: number, limit
local epoch, n, oldest = line()
local from = tonumber(ARGV[1])
return {epoch, n, oldest, (from < n and from >= oldest) and behind(from, ARGV[2]) or {}}

-- ## claimed: id, lifetime (ms), replicas to wait for
local now = clock()
local once = known(ARGV[1], now, tonumber(ARGV[2]))
-- WAIT counts from this connection's last write, which may not have been that of the id.
if once and ARGV[3] ~= '0' then redis.call('HINCRBY', JOURNAL, 'asked', 1) end
if not once then return {} end
return {once[1], once[2], text(once[3] - now), once[4], once[5]}

-- ## scan: first and last name, limit, unseen (ms)
local found = redis.call('ZRANGEBYLEX', NAMES, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local unseen = tonumber(ARGV[4])
if unseen == 0 or #found == 0 then return {found, found[#found]} end
local before, kept = clock() - unseen, {}
for _, stream in ipairs(found) do
    local _, at = head(redis.call('HGET', HEADS, stream))
    if at <= before then kept[#kept + 1] = stream end
end
return {kept, found[#found]}

-- ## seen: streams
local now = clock()
for _, stream in ipairs(ARGV) do
    local value = redis.call('HGET', HEADS, stream)
    if value then redis.call('HSET', HEADS, stream, text((head(value))) .. ':' .. text(now)) end
end
return 0

-- ## append: see the table of arguments in redis.py
local at = 0
local function take()
    at = at + 1
    return ARGV[at]
end
local function number() return tonumber(take()) end

local asked, high, seen, far, size = take(), number(), number(), number(), number()
local lifetime, most, wait, fresh = number(), number(), take(), take()
local epoch, n, oldest = line()
if epoch == '' then return {epoch, n, oldest, 'epoch'} end
if epoch ~= asked then return {epoch, n, oldest, 'epoch'} end
if n < high then
    redis.call('HSET', JOURNAL, 'epoch', fresh)
    return {fresh, n, oldest, 'epoch'}
end

local moved, streams, steps, wanted = false, {}, {}, {}
for _ = 1, number() do
    local stream, expected = take(), number()
    if head(redis.call('HGET', HEADS, stream)) ~= expected then moved = true end
end
for i = 1, number() do
    local s = {name = take(), number = number(), begins = take(), ends = take(), key = KEYS[6 + i]}
    s.stored = redis.call('HGET', HEADS, s.name)
    s.head = head(s.stored)
    s.links = redis.call('LLEN', s.key)
    streams[i] = s
end
for i = 1, number() do
    steps[i] = {number = number(), of = number(), before = take(), effects = take()}
end
local now = clock()
local taken = {}
for i = 1, number() do
    local o = {id = take(), state = take(), holder = take(), ms = number(), outcome = take(),
        number = number(), takes = take()}
    wanted[i] = o
    local once = known(o.id, now, lifetime)
    if once and not (once[1] == 'pending' and
        (once[2] == o.holder or (o.takes == '1' and once[3] <= now))) then
        taken[#taken + 1] = {o.id, once[1], once[2], text(once[3] - now), once[4], once[5]}
    end
end
local missing = (seen >= oldest and n - seen <= far) and behind(seen) or false

if moved or #taken > 0 then
    if #taken > 0 and wait ~= '0' then redis.call('HINCRBY', JOURNAL, 'asked', 1) end
    return {epoch, n, oldest, 'refused', missing, taken}
end
for _, s in ipairs(streams) do
    if not s.stored and s.begins == '0' then return {epoch, n, oldest, 'unbegun', s.name} end
    if s.stored and s.links == 0 then return {epoch, n, oldest, 'damaged', s.name} end
end
local last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
if last and tonumber(string.match(last[1], '%d+')) > n then
    return {epoch, n, oldest, 'damaged', ''}
end
redis.call('ZCARD', NAMES)
redis.call('HLEN', ONCE)
redis.call('ZCARD', IDS)
-- From here on everything is written, and nothing of it can fail.

for part, e in ipairs(steps) do
    local s = streams[e.of]
    local before = e.before == '' and s.head or tonumber(e.before)
    if e.before ~= '' and before > 0 then before = n + before end
    local id = text(n + e.number)
    redis.call('XADD', LOG, id .. '-' .. part, 's', s.name, 'e', e.effects, 't', text(now))
    redis.call('RPUSH', s.key, id .. ':' .. text(before), e.effects)
end
for _, s in ipairs(streams) do
    if s.ends == '1' then
        redis.call('HDEL', HEADS, s.name)
        redis.call('ZREM', NAMES, s.name)
    else
        redis.call('HSET', HEADS, s.name, text(n + s.number) .. ':' .. text(now))
        if not s.stored then redis.call('ZADD', NAMES, 0, s.name) end
    end
end
if size > 0 then redis.call('HINCRBY', JOURNAL, 'n', size) end
for _, o in ipairs(wanted) do
    if o.state == 'free' then
        redis.call('HDEL', ONCE, o.id)
        redis.call('ZREM', IDS, o.id)
    else
        local stored = {o.state, o.holder, now + o.ms, o.outcome, n + o.number}
        redis.call('HSET', ONCE, o.id, cmsgpack.pack(stored))
        redis.call('ZADD', IDS, now, o.id)
    end
end
local over = redis.call('ZCARD', IDS) - most
if over > 0 then
    local popped = redis.call('ZPOPMIN', IDS, over)
    for i = 1, #popped, 2 do redis.call('HDEL', ONCE, popped[i]) end
end
return {epoch, n, oldest, 'appended', missing}

-- ## trim: kept, lifetime (ms), at most how many entries
local epoch, n, oldest = line()
if epoch == '' then return {epoch, n, oldest, 0} end
local now, upto, more = clock(), oldest, 0
for _, entry in ipairs(redis.call('XRANGE', LOG, text(oldest + 1) .. '-0', '+', 'COUNT', ARGV[3])) do
    local at = tonumber(string.match(entry[1], '%d+'))
    if tonumber(entry[2][6]) >= now - tonumber(ARGV[1]) then
        more = 0
        break
    end
    upto, more = at, more + 1
end
if more == tonumber(ARGV[3]) and upto > oldest + 1 then upto = upto - 1 end -- it may have more
local old = redis.call('ZRANGEBYSCORE', IDS, '-inf', text(now - tonumber(ARGV[2])), 'LIMIT', 0, 5000)
if upto > oldest then redis.call('HSET', JOURNAL, 'oldest', text(upto)) end
for _, id in ipairs(old) do
    redis.call('HDEL', ONCE, id)
    redis.call('ZREM', IDS, id)
end
return {epoch, n, upto, (more == tonumber(ARGV[3]) or #old == 5000) and 1 or 0}

-- ## fold: epoch, pairs, first and last of them, number, document
local epoch = line()
local pairs_, key = tonumber(ARGV[2]), KEYS[7]
if epoch ~= ARGV[1] or redis.call('LINDEX', key, 0) ~= ARGV[3]
    or redis.call('LINDEX', key, 2 * pairs_ - 2) ~= ARGV[4] then return 0 end
redis.call('LTRIM', key, 2 * pairs_, -1)
if ARGV[6] ~= '' then redis.call('LPUSH', key, ARGV[6], 'd' .. ARGV[5]) end
return 1

-- ## shorten: epoch, number up to which everything is folded
local epoch = line()
if epoch == ARGV[1] then redis.call('XTRIM', LOG, 'MINID', text(tonumber(ARGV[2]) + 1) .. '-0') end
return 0
