# SPDX-License-Identifier: MIT
#
# headless.cmake - the headless preset asks for no window system at all.
#
#   cmake -DPRESET=headless -DFINDS=no -DSOURCE=... -DSCRATCH=... -P headless.cmake
#
# Configures from nothing and reads what was looked for. FINDS=yes with the
# release preset shows that this look can find something.

file(REMOVE_RECURSE ${SCRATCH})
execute_process(COMMAND ${CMAKE_COMMAND} --preset ${PRESET} -B ${SCRATCH}
                WORKING_DIRECTORY ${SOURCE} OUTPUT_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "preset ${PRESET} does not configure")
endif()
file(STRINGS ${SCRATCH}/CMakeCache.txt found REGEX "(imgui|glfw|OPENGL|freetype).*[:=]")
if(found AND NOT FINDS)
  message(FATAL_ERROR "preset ${PRESET} looks for a window system: ${found}")
elseif(FINDS AND NOT found)
  message(FATAL_ERROR "preset ${PRESET} has a workbench, and this test saw no sign of it")
endif()
