-- For wrk: the requests of a file in turn (path, tab, body a line). Arguments: FILE KEY
local requests, at = {}, 0

function init(args)
  local headers = {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. args[2],
    ["anthropic-version"] = "2023-06-01",
  }
  for line in io.lines(args[1]) do
    local path, body = line:match("^([^\t]+)\t(.*)$")
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
